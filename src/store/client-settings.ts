/**
 * The ClickHouse settings that after202 relies on, in one place: none is left to a server's defaults.
 */
import type { ClickHouseSettings } from "@clickhouse/client";

/** For every statement. 64-bit integers come as strings, so that none loses digits on the way. */
export const BASE_SETTINGS = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 0,
  session_timezone: "UTC",
  join_use_nulls: 0,
  max_execution_time: 30,
  short_circuit_function_evaluation: "disable", // what the fold computes of a request takes twice as long when it is put off
  max_query_size: "64000000", // thousands of ids in one IN are longer than the default allows
} satisfies ClickHouseSettings;

/**
 * For every statement over HTTP: an error arrives as a status, never in the middle of rows; on a cluster a subquery over
 * a distributed table is asked once, of all shards.
 */
export const HTTP_SETTINGS = {
  distributed_product_mode: "global",
  wait_end_of_query: 1,
} satisfies ClickHouseSettings;

/** For the engine in our own process, whose memory is ours. */
export const EMBEDDED_SETTINGS = {
  max_memory_usage: "1000000000",
  max_bytes_before_external_group_by: "250000000",
  max_bytes_before_external_sort: "250000000",
} satisfies ClickHouseSettings;

/** How the engine in our own process starts: what it keeps for later is kept small, for the process has more to do. */
export const ENGINE_ARGUMENTS: readonly string[] = [
  "--max_thread_pool_free_size=16",
  "--query_condition_cache_size=4000000",
];

/**
 * For every insert. Batching is ours (no async_insert), duplicates are the tables' (ReplacingMergeTree), so nothing is
 * sorted out at insert; a repeated batch must reach the materialised views again (no block deduplication); on a cluster
 * the insert returns when the shard has the rows.
 */
export const INSERT_SETTINGS = {
  async_insert: 0,
  distributed_foreground_insert: 1,
  insert_deduplicate: 0,
  materialized_views_ignore_errors: 0,
  max_partitions_per_insert_block: "0", // a replay of history touches many days, and must not be refused for it
  optimize_on_insert: 0,
  parallel_view_processing: 1,
} satisfies ClickHouseSettings;

/** `a = 1, b = 'x'`, as it stands behind SET or SETTINGS. */
export function settingsClause(settings: ClickHouseSettings): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${settingLiteral(name, value)}`)
    .join(", ");
}

function settingLiteral(name: string, value: unknown): string {
  if (!/^\w+$/.test(name)) throw new TypeError(`not a setting's name: ${JSON.stringify(name)}`);
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "1" : "0";
  return `'${String(value).replace(/['\\]/g, "\\$&")}'`;
}
