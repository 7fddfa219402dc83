/**
 * Brings the database to this program's schema: migrations in the order of their numbers, then views, then TTLs.
 *
 * Invariants: every statement may run again (a crash in the middle, several programs starting at once), and a file counts
 * as applied only when all of its statements have run. What was applied before is never changed, nor is a newer schema.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StoreClient } from "./client.ts";
import { StoreError, storeErrorOf } from "./client-error.ts";
import { checksumOf, loadMigrationFiles, loadViewFiles, type MigrationFile } from "./migration-files.ts";
import { loadAppliedRecords, storeAppliedRecord, type AppliedRecord } from "./migration-record.ts";
import { renderStatements, type TemplateValues } from "./migration-template.ts";
import { loadTtls } from "./migration-ttl.ts";

export interface MigrateOptions {
  /** The server's cluster: tables become replicated and sharded. */
  readonly cluster?: string | undefined;
  /** Days that facts are kept. */
  readonly retentionDays: number;
  /** Days that raw events are kept. */
  readonly rawRetentionDays: number;
  /** Holds `migrations/` and `views/`; ends with a slash. */
  readonly directory?: URL;
}

export interface MigrateResult {
  /** Names of the files, and `ttl TABLE`, in the order in which they were applied. */
  readonly applied: string[];
  /** Number of the highest migration. */
  readonly version: number;
}

/** @throws StoreError MIGRATION_CHANGED, SCHEMA_NEWER, MIGRATION_FAILED; STORE_UNAVAILABLE: try again */
export async function migrate(client: StoreClient, options: MigrateOptions): Promise<MigrateResult> {
  const { directory = new URL("./", import.meta.url) } = options;
  const values: TemplateValues = { ...options, database: client.database };
  const files = loadMigrationFiles(new URL("migrations/", directory));
  const version = files.at(-1)?.version ?? 0;
  const records = await loadAppliedRecords(client, values);
  const pending = pendingMigrations(files, records);
  const applied: string[] = [];
  const apply = async (name: string, template: string, record: AppliedRecord): Promise<void> => {
    for (const sql of renderStatements(name, template, values)) await run(client, name, sql);
    await storeAppliedRecord(client, record);
    applied.push(name);
  };
  for (const { name, template, version } of pending) {
    await apply(name, template, { kind: "migration", version, name, checksum: checksumOf(template) });
  }
  for (const { name, template } of changedViews(directory, values, records, pending.length > 0)) {
    await apply(name, template, {
      kind: "view",
      version: 0,
      name,
      checksum: viewChecksum(name, template, values),
    });
  }
  for (const { table, template } of loadTtls(files)) {
    const checksum = checksumOf(renderStatements(table, template, values).join());
    const record: AppliedRecord = { kind: "ttl", version: 0, name: table, checksum };
    if (!isRecorded(records, record)) await apply(`ttl ${table}`, template, record);
  }
  return { applied, version };
}

/** Those of the files that are not applied yet. @throws StoreError MIGRATION_CHANGED, SCHEMA_NEWER */
function pendingMigrations(
  files: readonly MigrationFile[],
  records: readonly AppliedRecord[],
): MigrationFile[] {
  const done = new Map(
    records.filter(({ kind }) => kind === "migration").map((record) => [record.version, record]),
  );
  const known = files.at(-1)?.version ?? 0;
  const newest = Math.max(0, ...done.keys());
  if (newest > known) {
    const message = `The database has schema ${newest}, this after202 knows ${known}: upgrade after202.`;
    throw new StoreError("SCHEMA_NEWER", message, { details: { database: newest, program: known } });
  }
  for (const { version, name, checksum } of done.values()) {
    const file = files.find((file) => file.version === version);
    if (file !== undefined && checksumOf(file.template) === checksum) continue;
    const what =
      file === undefined ? `${name} is missing` : `${file.name} is not what was applied as ${name}`;
    const message = `${what}: restore the file, and put what is to change into a new migration.`;
    throw new StoreError("MIGRATION_CHANGED", message, { details: { file: file?.name ?? name } });
  }
  return files.filter(({ version }) => !done.has(version));
}

/** From the first view that differs on, all: a later one may read an earlier one, or a table that has just changed. */
function changedViews(
  directory: URL,
  values: TemplateValues,
  records: readonly AppliedRecord[],
  all: boolean,
): MigrationFile[] {
  const views = loadViewFiles(new URL("views/", directory));
  const first = views.findIndex(({ name, template }) => {
    const checksum = viewChecksum(name, template, values);
    return all || !isRecorded(records, { kind: "view", version: 0, name, checksum });
  });
  return first < 0 ? [] : views.slice(first);
}

/** Over the rendered text: a view may name a setting. */
function viewChecksum(name: string, template: string, values: TemplateValues): string {
  return checksumOf(renderStatements(name, template, values).join(";\n"));
}

function isRecorded(records: readonly AppliedRecord[], { kind, name, checksum }: AppliedRecord): boolean {
  return records.some(
    (record) => record.kind === kind && record.name === name && record.checksum === checksum,
  );
}

/** What programs that migrate at once may do to one another; gone when tried again. */
const COLLISIONS = new Set([
  "CANNOT_ASSIGN_ALTER",
  "TABLE_ALREADY_EXISTS",
  "UNKNOWN_TABLE",
  "DEADLOCK_AVOIDED",
]);
const ATTEMPTS = 5;

async function run(client: StoreClient, name: string, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.command(sql);
      return;
    } catch (cause) {
      const error = storeErrorOf(cause, name);
      if (error.retryable) throw error;
      const type = (error.details as { clickhouseType?: string } | undefined)?.clickhouseType ?? "";
      if (attempt < ATTEMPTS && COLLISIONS.has(type)) await sleep(attempt * 50);
      else throw new StoreError("MIGRATION_FAILED", `${name}: ${error.message}`, { cause: error });
    }
  }
}
