import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStoreClient, type StoreClient } from "../../src/store/client.ts";
import { loadMigrationFiles, loadViewFiles } from "../../src/store/migration-files.ts";
import { renderStatements, type TemplateValues } from "../../src/store/migration-template.ts";
import { loadTtls } from "../../src/store/migration-ttl.ts";

const SINGLE: TemplateValues = { database: "d", retentionDays: 30, rawRetentionDays: 8 };
const CLUSTER: TemplateValues = { ...SINGLE, cluster: "c" };
const TABLE = `
-- distributed: facts by cityHash64(request_id)
CREATE TABLE IF NOT EXISTS {{table facts}} {{on_cluster}} (request_id String, version UInt8)
ENGINE = {{engine ReplacingMergeTree(version)}}
ORDER BY request_id;
`;

const render = (template: string, values: TemplateValues): string[] =>
  renderStatements("001-x.sql", template, values).map((sql) => sql.replace(/\s+/g, " "));

it("is a plain table on one server", () => {
  expect(render(TABLE, SINGLE)).toEqual([
    "CREATE TABLE IF NOT EXISTS facts (request_id String, version UInt8) ENGINE = ReplacingMergeTree(version) ORDER BY request_id",
  ]);
});

it("is a replicated table of the shard and a distributed one above it on a cluster", () => {
  expect(render(TABLE, CLUSTER)).toEqual([
    "CREATE TABLE IF NOT EXISTS d.facts_local ON CLUSTER c (request_id String, version UInt8) " +
      "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version) " +
      "ORDER BY request_id",
    "CREATE TABLE IF NOT EXISTS d.facts ON CLUSTER c AS d.facts_local " +
      "ENGINE = Distributed('c', 'd', 'facts_local', cityHash64(request_id))",
  ]);
});

it("alters both tables of a cluster", () => {
  const template =
    "ALTER TABLE {{table facts}} {{on_cluster}} ADD COLUMN IF NOT EXISTS x UInt8;\n-- distributed: alter facts";
  expect(render(template, SINGLE)).toEqual(["ALTER TABLE facts ADD COLUMN IF NOT EXISTS x UInt8"]);
  expect(render(template, CLUSTER)).toEqual([
    "ALTER TABLE d.facts_local ON CLUSTER c ADD COLUMN IF NOT EXISTS x UInt8",
    "ALTER TABLE d.facts ON CLUSTER c ADD COLUMN IF NOT EXISTS x UInt8",
  ]);
});

it("keeps small tables whole on every node", () => {
  expect(render("SELECT '{{everywhere MergeTree}}';", SINGLE)).toEqual(["SELECT 'MergeTree'"]);
  expect(render("SELECT {{everywhere ReplacingMergeTree(v)}};", CLUSTER)).toEqual([
    "SELECT ReplicatedReplacingMergeTree('/clickhouse/tables/everywhere/{database}/{table}', '{shard}-{replica}', v)",
  ]);
});

it.each([
  "CREATE TABLE IF NOT EXISTS {{table x}} (a String) ENGINE = {{engine MergeTree}} ORDER BY a;",
  "ALTER TABLE x ADD COLUMN IF NOT EXISTS b String;",
  "SELECT '{{engine Memory}}';",
])("refuses on a cluster what would reach one node only: %s", (template) => {
  expect(() => render(template, CLUSTER)).toThrow(expect.objectContaining({ code: "MIGRATION_FAILED" }));
});

it("puts the settings into the text", () => {
  expect(
    render("SELECT {{retention_days}}, {{raw_retention_days}}, '{{database}}', {p:UInt8};", SINGLE),
  ).toEqual(["SELECT 30, 8, 'd', {p:UInt8}"]);
});

it("ends statements at the end of a line only, and leaves comments out", () => {
  const template = "-- one; two;\nSELECT ';', '--x'; -- so;\nSELECT 2 -- half;\n+ 1;\n\nSELECT 4";
  expect(render(template, SINGLE)).toEqual(["SELECT ';', '--x'", "SELECT 2 + 1", "SELECT 4"]);
});

it("finds the TTL clauses that depend on settings, the last of each table", () => {
  const file = (template: string) => ({ version: 1, name: "001-x.sql", template });
  const table = "CREATE TABLE IF NOT EXISTS {{table a}} (t Date TTL t + INTERVAL 1 DAY)\nORDER BY t";
  expect(
    loadTtls([
      file(`${table}\nTTL t + INTERVAL {{retention_days}} DAY\nSETTINGS index_granularity = 1;`),
      file("CREATE TABLE IF NOT EXISTS {{table b}} (t Date)\nORDER BY t\nTTL t + INTERVAL 8 DAY;"),
      file(
        "CREATE TABLE IF NOT EXISTS {{table c}} (t Date)\nORDER BY t\nTTL t + INTERVAL {{retention_days}} DAY;",
      ),
      file("ALTER TABLE {{table c}} {{on_cluster}} MODIFY TTL t + INTERVAL {{raw_retention_days}} DAY;"),
    ]),
  ).toEqual([
    {
      table: "a",
      template: "ALTER TABLE {{table a}} {{on_cluster}} MODIFY TTL t + INTERVAL {{retention_days}} DAY;",
    },
    {
      table: "c",
      template: "ALTER TABLE {{table c}} {{on_cluster}} MODIFY TTL t + INTERVAL {{raw_retention_days}} DAY;",
    },
  ]);
});

let dataDir: string;
let client: StoreClient;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "after202-cluster-"));
  client = await openStoreClient({ database: "d", dataDir });
});
afterAll(async () => {
  await client.close();
  await rm(dataDir, { recursive: true, force: true });
});

it("renders after202's own schema for a cluster into SQL that ClickHouse can read", async () => {
  const migrations = loadMigrationFiles(new URL("../../src/store/migrations/", import.meta.url));
  const views = loadViewFiles(new URL("../../src/store/views/", import.meta.url));
  const ttls = loadTtls(migrations).map(({ table, template }) => ({ name: table, template }));
  const statements = [...migrations, ...views, ...ttls].flatMap(({ name, template }) =>
    renderStatements(name, template, CLUSTER),
  );
  expect(statements.length).toBeGreaterThan(0);
  for (const sql of statements) {
    const [row] = await client.query<{ read: string }>("SELECT formatQuery({sql:String}) AS read", { sql });
    expect(row?.read).toMatch(/ ON CLUSTER c\b/);
  }
});
