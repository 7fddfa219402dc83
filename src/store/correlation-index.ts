/** Questions to the correlation index: which requests carry an id, and who could adopt whom. */
import type { AdoptionCandidate } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";

/** In the order of their ids, after `after`. */
export async function requestsOfCorrelation(
  client: StoreClient,
  correlationId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await client.query<{ request_id: string }>(
    `SELECT DISTINCT request_id FROM requests_by_correlation
     WHERE correlation_id = {correlationId:String} AND request_id > {after:String}
     ORDER BY request_id LIMIT {limit:UInt32}`,
    { correlationId, after, limit },
  );
  return rows.map((row) => row.request_id);
}

/**
 * Submissions without a response under the correlation ids, and every request that began near one of them.
 *
 * Most correlations hold no unanswered submission: then the first, cheap question is the only one.
 */
export async function adoptionCandidates(
  client: StoreClient,
  correlationIds: readonly string[],
  windowMs: number,
): Promise<AdoptionCandidate[]> {
  const unanswered = await client.query<{
    correlation_id: string;
    first: string;
    last: string;
    types: string[];
  }>(
    `SELECT correlation_id, min(toUnixTimestamp64Milli(t0)) AS first, max(toUnixTimestamp64Milli(t0)) AS last,
            groupUniqArray(object_type) AS types
     FROM unanswered_submissions
     WHERE correlation_id IN {correlationIds:Array(String)}
     GROUP BY correlation_id`,
    { correlationIds },
  );
  const found: AdoptionCandidate[] = [];
  for (const { correlation_id: correlationId, first, last, types } of unanswered) {
    const rows = await client.query<{ request_id: string }>(
      `SELECT request_id FROM requests_by_correlation
       WHERE correlation_id = {correlationId:String}
         AND toUnixTimestamp64Milli(t0) BETWEEN {from:Int64} AND {until:Int64}
       GROUP BY request_id
       HAVING countIf(kind = 'job' OR (kind = 'submission' AND NOT unanswered)) = 0
          AND hasAny(groupUniqArray(object_type), {types:Array(String)})
       LIMIT 10000`,
      { correlationId, types, from: Number(first) - 2 * windowMs, until: Number(last) + 2 * windowMs },
    );
    for (const { request_id: requestId } of rows) found.push({ correlationId, requestId });
  }
  return found;
}
