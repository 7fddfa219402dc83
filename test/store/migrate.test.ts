import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openStoreClient, type StoreClient } from "../../src/store/client.ts";
import { migrate, type MigrateOptions, type MigrateResult } from "../../src/store/migrate.ts";
import { openClickHouseEndpoint, type ClickHouseEndpoint } from "./clickhouse-endpoint.ts";

const FIRST = `-- Things; of two sizes.
CREATE TABLE IF NOT EXISTS {{table things}} {{on_cluster}}
(
  id String COMMENT 'with -- dashes;',
  at DateTime -- when; really
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY id
TTL at + INTERVAL {{retention_days}} DAY
SETTINGS index_granularity = 1024;
-- distributed: things by cityHash64(id)

CREATE TABLE IF NOT EXISTS {{table copies}} {{on_cluster}} (id String) ENGINE = {{engine MergeTree}} ORDER BY id;
CREATE MATERIALIZED VIEW IF NOT EXISTS copying {{on_cluster}} TO {{table copies}} AS SELECT id FROM {{table things}};
`;
const SECOND = `ALTER TABLE {{table things}} {{on_cluster}} ADD COLUMN IF NOT EXISTS size UInt8;
-- distributed: alter things
`;
const VIEW = "SELECT count() AS n FROM things WHERE id != {without:String}\n";

let database = 0;
let directory: string;
let dataDir: string;
let client: StoreClient;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "after202-migrate-"));
});
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "after202-schema-"));
  await mkdir(join(directory, "migrations"));
  await mkdir(join(directory, "views"));
  await write("migrations/001-things.sql", FIRST);
  await write("migrations/002-sizes.sql", SECOND);
  await write("views/counted.sql", VIEW);
  database += 1;
  client = await openStoreClient({ database: `migrate_${database}`, dataDir });
});
afterEach(async () => {
  await client.close();
  await rm(directory, { recursive: true, force: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);
const run = (options: Partial<MigrateOptions> = {}, on = client): Promise<MigrateResult> =>
  migrate(on, {
    retentionDays: 30,
    rawRetentionDays: 8,
    directory: pathToFileURL(`${directory}/`),
    ...options,
  });
const ttlOf = async (table: string): Promise<string | undefined> =>
  (
    await client.query<{ ttl: string }>(
      `SELECT extract(engine_full, 'TTL (.*?) SETTINGS') AS ttl FROM system.tables
       WHERE database = currentDatabase() AND name = {table:String}`,
      { table },
    )
  )[0]?.ttl;

it("applies what is missing, in order, once", async () => {
  const first = await run();
  expect(first).toEqual({
    applied: ["001-things.sql", "002-sizes.sql", "counted.sql", "ttl things"],
    version: 2,
  });
  expect(await run()).toEqual({ applied: [], version: 2 });
  await write(
    "migrations/010-more.sql",
    "ALTER TABLE {{table things}} {{on_cluster}} ADD COLUMN IF NOT EXISTS more UInt8;",
  );
  expect(await run()).toEqual({ applied: ["010-more.sql", "counted.sql"], version: 10 });
});

it("makes tables, materialised views and views that work together", async () => {
  await run();
  await client.insert("things", ["id", "at", "size"], `["a",${Math.floor(Date.now() / 1000)},3]`);
  expect(await client.query("SELECT id FROM copies")).toEqual([{ id: "a" }]);
  expect(await client.query("SELECT n FROM counted(without = 'b')")).toEqual([{ n: "1" }]);
});

it("refuses an old migration that has been changed, and names it", async () => {
  await run();
  await write("migrations/001-things.sql", `${FIRST}-- a word more\n`);
  const error = await run().catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "MIGRATION_CHANGED", details: { file: "001-things.sql" } });
});

it("refuses a directory in which an old migration is missing", async () => {
  await run();
  await rm(join(directory, "migrations/001-things.sql"));
  await expect(run()).rejects.toMatchObject({
    code: "MIGRATION_CHANGED",
    details: { file: "001-things.sql" },
  });
});

it("refuses a database that a newer program has made", async () => {
  await run();
  await rm(join(directory, "migrations/002-sizes.sql"));
  await expect(run()).rejects.toMatchObject({ code: "SCHEMA_NEWER", details: { database: 2, program: 1 } });
});

it("is completed by the next run when it was cut off in the middle", async () => {
  await write("migrations/001-things.sql", `${FIRST}ALTER TABLE nowhere ADD COLUMN IF NOT EXISTS x UInt8;\n`);
  await expect(run()).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
  await client.insert("things", ["id", "at"], `["a",${Math.floor(Date.now() / 1000)}]`);
  await write("migrations/001-things.sql", FIRST); // never recorded, so free to be mended
  expect((await run()).applied).toContain("001-things.sql");
  expect(await client.query("SELECT id FROM copies")).toEqual([{ id: "a" }]);
});

it("makes a view anew when its text changes, and those behind it", async () => {
  await write(
    "views/zz-last.sql",
    "CREATE OR REPLACE VIEW last {{on_cluster}} AS SELECT * FROM counted(without = 'b');\n",
  );
  await run();
  await write("views/counted.sql", "SELECT count() + 1 AS n FROM things WHERE id != {without:String}\n");
  expect((await run()).applied).toEqual(["counted.sql", "zz-last.sql"]);
  expect(await client.query("SELECT n FROM last")).toEqual([{ n: "1" }]);
});

it("changes the TTL with the setting, and only then", async () => {
  await run();
  expect(await ttlOf("things")).toBe("at + toIntervalDay(30)");
  expect((await run({ retentionDays: 90 })).applied).toEqual(["ttl things"]);
  expect(await ttlOf("things")).toBe("at + toIntervalDay(90)");
  expect((await run({ retentionDays: 90, rawRetentionDays: 1 })).applied).toEqual([]);
  expect((await run({ retentionDays: 30 })).applied).toEqual(["ttl things"]);
  expect(await ttlOf("things")).toBe("at + toIntervalDay(30)");
});

it.each([
  ["things.sql", "SELECT 1;"],
  ["001-again.sql", "SELECT 1;"],
  ["003-empty.sql", "-- nothing\n"],
  ["003-template.sql", "SELECT {{nothing}};"],
  ["003-note.sql", "SELECT 1;\n-- distributed: things by cityHash64(id)"],
  ["003-wrong.sql", "CREATE TABLE IF NOT EXISTS x (a Nonsense) ENGINE MergeTree ORDER BY a;"],
])("fails on a faulty migration %s", async (name, text) => {
  await write(`migrations/${name}`, text);
  await expect(run()).rejects.toMatchObject({
    code: "MIGRATION_FAILED",
    message: expect.stringContaining(name),
  });
});

describe("on a server", () => {
  let endpoint: ClickHouseEndpoint;
  beforeAll(async () => {
    endpoint = await openClickHouseEndpoint();
  });
  afterAll(async () => {
    await endpoint.close();
  });

  it("several programs that start at once come to the same schema", async () => {
    const open = (): Promise<StoreClient> =>
      openStoreClient({ url: endpoint.url, database: `together`, dataDir: "" });
    const clients = await Promise.all([open(), open(), open(), open(), open(), open()]);
    const results = await Promise.all(clients.map((client) => run({}, client)));
    expect(results.map(({ version }) => version)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(
      await Promise.all(clients.map((client) => run({}, client).then(({ applied }) => applied))),
    ).toEqual(clients.map(() => []));
    await Promise.all(clients.map((client) => client.close()));
  });

  it("a start cut off by the server's end is completed by the next one", async () => {
    const open = (): Promise<StoreClient> =>
      openStoreClient({ url: endpoint.url, database: "cut_off", dataDir: "" });
    const on = await open();
    await endpoint.control({ delayMs: 20 });
    const cut = run({}, on);
    const killed = new Promise((resolve) => setTimeout(resolve, 120)).then(() => endpoint.kill());
    await expect(cut).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
    await killed;
    await endpoint.restart();
    expect((await run({}, on)).version).toBe(2);
    expect(await run({}, on)).toEqual({ applied: [], version: 2 });
    await on.close();
  });
});

it("applies the schema of after202 itself, once", async () => {
  const own = { directory: new URL("../../src/store/", import.meta.url) };
  expect((await run(own)).version).toBeGreaterThan(0);
  expect((await run(own)).applied).toEqual([]);
});
