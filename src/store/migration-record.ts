/** What of the schema has been applied: the table `migrations`, one row a migration, view and TTL. */
import type { StoreClient } from "./client.ts";
import { renderStatements, type TemplateValues } from "./migration-template.ts";

export interface AppliedRecord {
  readonly kind: "migration" | "view" | "ttl";
  /** 0 for views and TTLs. */
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

const TABLE = `
CREATE TABLE IF NOT EXISTS migrations {{on_cluster}}
(
  kind LowCardinality(String),
  version UInt32,
  name String,
  checksum String,
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {{everywhere ReplacingMergeTree(applied_at)}}
ORDER BY (kind, version, name);`;

export async function loadAppliedRecords(
  client: StoreClient,
  values: TemplateValues,
): Promise<AppliedRecord[]> {
  for (const statement of renderStatements("migrations", TABLE, values)) await client.command(statement);
  return client.query<AppliedRecord>(
    `SELECT kind, version, argMax(name, applied_at) AS name, argMax(checksum, applied_at) AS checksum
     FROM migrations GROUP BY kind, version, if(kind = 'migration', '', migrations.name)`,
  );
}

export async function storeAppliedRecord(client: StoreClient, record: AppliedRecord): Promise<void> {
  const { kind, version, name, checksum } = record;
  await client.insert(
    "migrations",
    ["kind", "version", "name", "checksum"],
    JSON.stringify([kind, version, name, checksum]),
  );
}
