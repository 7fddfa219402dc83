/** The facts of requests, by the leading key: one granule a request, no FINAL (duplicates are the fold's to drop). */
import type { Fact } from "../core/fact.ts";
import { decodeFact, type FactRow } from "../core/fact-row.ts";
import type { StoreClient } from "./client.ts";

/** @param maxThreads of ClickHouse, where others go first */
export async function factsOf(
  client: StoreClient,
  requestIds: readonly string[],
  maxThreads?: number,
): Promise<Map<string, Fact[]>> {
  const facts = new Map<string, Fact[]>();
  if (requestIds.length === 0) return facts;
  const one = requestIds.length === 1;
  const rows = await client.query<FactRow>(
    `SELECT request_id, fact_id, version, fact FROM facts WHERE request_id ${one ? "= {id:String}" : "IN {ids:Array(String)}"}`,
    one ? { id: requestIds[0] } : { ids: requestIds },
    { settings: one ? { max_threads: 1 } : maxThreads === undefined ? {} : { max_threads: maxThreads } },
  );
  for (const row of rows) {
    const known = facts.get(row.request_id);
    if (known === undefined) facts.set(row.request_id, [decodeFact(row)]);
    else known.push(decodeFact(row));
  }
  return facts;
}
