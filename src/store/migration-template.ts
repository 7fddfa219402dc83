/**
 * One migration text for one server and for a cluster: templates in `{{…}}` and notes in `-- distributed:` comments.
 *
 * On one server `{{table facts}}` is `facts`. On a cluster it is the replicated `facts_local` of each shard, and a note in
 * the same file makes the `Distributed` table `facts` above it; queries and inserts name `facts` on both.
 *
 * | template | one server | cluster `c`, database `d` |
 * | --- | --- | --- |
 * | `{{on_cluster}}` | nothing | `ON CLUSTER c` |
 * | `{{table facts}}` | `facts` | `d.facts_local` |
 * | `{{engine ReplacingMergeTree(v)}}` | `ReplacingMergeTree(v)` | `Replicated…`, one copy a replica of the shard |
 * | `{{everywhere ReplacingMergeTree(v)}}` | the same | `Replicated…`, all rows on every node: small tables, plain name |
 * | `{{database}}` `{{retention_days}}` `{{raw_retention_days}}` | the value | the value |
 * | `-- distributed: facts by cityHash64(request_id)` | nothing | behind its CREATE TABLE: that of `facts` |
 * | `-- distributed: alter facts` | nothing | behind each of its ALTER TABLE: the same for `facts` |
 */
import { StoreError } from "./client-error.ts";

export interface TemplateValues {
  readonly database: string;
  readonly cluster?: string | undefined;
  readonly retentionDays: number;
  readonly rawRetentionDays: number;
}

const LOCAL = "_local";

/** The statements of a file, ready to run. @throws StoreError MIGRATION_FAILED naming the file */
export function renderStatements(file: string, template: string, values: TemplateValues): string[] {
  const fail = (what: string): never => {
    throw new StoreError("MIGRATION_FAILED", `${file}: ${what}`);
  };
  const notes = loadNotes(template, fail);
  const texts = splitStatements(template);
  for (const note of notes) {
    if (!texts.some((text) => concerns(note, text))) fail(`nothing in it for "-- distributed: ${note.text}"`);
  }
  const statements = texts.flatMap((text) => [
    renderText(text, values, fail),
    ...notes.filter((note) => concerns(note, text)).flatMap((note) => distributed(note, text, values, fail)),
  ]);
  if (statements.length === 0) fail("there is no statement in it");
  const unclustered = statements.find(
    (sql) => /^(CREATE|ALTER|DROP)\b/i.test(sql) && !/\sON CLUSTER\s/.test(sql),
  );
  if (values.cluster !== undefined && unclustered !== undefined) {
    fail(`a statement lacks {{on_cluster}}: ${unclustered.slice(0, 80)}`);
  }
  return statements;
}

type Fail = (what: string) => never;

function renderText(text: string, values: TemplateValues, fail: Fail): string {
  return text.replace(/\{\{\s*(\w+)\s*([^{}]*(?:\{\w+\}[^{}]*)*)\}\}/g, (_, name: string, argument: string) =>
    renderTemplate(name, argument.trim(), values, fail),
  );
}

function renderTemplate(name: string, argument: string, values: TemplateValues, fail: Fail): string {
  const { cluster, database } = values;
  switch (name) {
    case "on_cluster":
      return cluster === undefined ? "" : `ON CLUSTER ${cluster}`;
    case "table":
      return cluster === undefined ? argument : `${database}.${argument}${LOCAL}`;
    case "engine":
      return cluster === undefined ? argument : replicated(argument, "{shard}", "{replica}", fail);
    case "everywhere":
      return cluster === undefined ? argument : replicated(argument, "everywhere", "{shard}-{replica}", fail);
    case "database":
      return database;
    case "retention_days":
      return String(values.retentionDays);
    case "raw_retention_days":
      return String(values.rawRetentionDays);
    default:
      return fail(`there is no template {{${name}}}`);
  }
}

function replicated(engine: string, shard: string, replica: string, fail: Fail): string {
  const [, name, args = ""] =
    /^(\w*MergeTree)(?:\((.*)\))?$/s.exec(engine) ?? fail(`not a MergeTree: ${engine}`);
  const own = [`'/clickhouse/tables/${shard}/{database}/{table}'`, `'${replica}'`];
  return `Replicated${name}(${[...own, args.trim()].filter((arg) => arg !== "").join(", ")})`;
}

interface Note {
  readonly text: string;
  readonly table: string;
  /** Sharding key of a table to be created; without it the note is of ALTERs. */
  readonly key: string | undefined;
}

function loadNotes(template: string, fail: Fail): Note[] {
  return [...template.matchAll(/^\s*--\s*distributed:\s*(.+?)\s*$/gm)].map(([, text = ""]) => {
    const {
      alter,
      table = "",
      key,
    } = /^(?<alter>alter\s+)?(?<table>\w+)(?:\s+by\s+(?<key>.+))?$/.exec(text)?.groups ?? {};
    if ((alter === undefined) === (key === undefined)) fail(`not a note: -- distributed: ${text}`);
    return { text, table, key };
  });
}

function concerns({ table, key }: Note, text: string): boolean {
  const verb = key === undefined ? "ALTER TABLE" : "CREATE TABLE IF NOT EXISTS";
  return new RegExp(`^${verb}\\s+\\{\\{\\s*table\\s+${table}\\s*\\}\\}`).test(text);
}

/** What a note adds behind the statement that it concerns. */
function distributed({ table, key }: Note, text: string, values: TemplateValues, fail: Fail): string[] {
  const { cluster, database } = values;
  if (cluster === undefined) return [];
  if (key === undefined)
    return [renderText(text.replace(/\{\{\s*table[^}]*\}\}/, `${database}.${table}`), values, fail)];
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.${table} ON CLUSTER ${cluster} AS ${database}.${table}${LOCAL}\n` +
      `ENGINE = Distributed('${cluster}', '${database}', '${table}${LOCAL}', ${key})`,
  ];
}

/** Statements end with a `;` at the end of a line; comments are left out. */
export function splitStatements(template: string): string[] {
  return template
    .split(/\r?\n/)
    .map(withoutComment)
    .join("\n")
    .split(/;$/m)
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

function withoutComment(line: string): string {
  const start = [...line.matchAll(/--/g)].find(
    ({ index }) => line.slice(0, index).split("'").length % 2 === 1,
  )?.index;
  return line.slice(0, start).trimEnd();
}
