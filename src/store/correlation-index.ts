/** Questions to the correlation index: which requests carry an id, and who could adopt whom. */
import type { AdoptionCandidate, CorrelatedRequest } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";
import type { UnansweredSubmissions } from "./unanswered-submissions.ts";

/** Ids are paths: a request under `job/17/…` is one of `job/17`, and of `job`. In the order of request ids, after `after`. */
export async function requestsOfCorrelation(
  client: StoreClient,
  correlationId: string,
  after: string,
  limit: number,
): Promise<CorrelatedRequest[]> {
  const rows = await client.query<{ request_id: string; since_ms: string; until_ms: string }>(
    `SELECT request_id, toUnixTimestamp64Milli(min(t0)) AS since_ms, toUnixTimestamp64Milli(max(t0)) AS until_ms
     FROM requests_by_correlation
     WHERE (correlation_id = {correlationId:String} OR startsWith(correlation_id, {below:String}))
       AND request_id > {after:String}
     GROUP BY request_id ORDER BY request_id LIMIT {limit:UInt32}`,
    { correlationId, below: `${correlationId}/`, after, limit },
  );
  return rows.map(({ request_id: requestId, since_ms, until_ms }) => ({
    requestId,
    since: Number(since_ms),
    until: Number(until_ms),
  }));
}

/**
 * Submissions without a response under the correlation ids, and every request that began near one of them.
 *
 * Most correlations hold no unanswered submission: then the first, cheap question is the only one.
 */
export async function adoptionCandidates(
  client: StoreClient,
  submissions: UnansweredSubmissions,
  correlationIds: readonly string[],
  windowMs: number,
): Promise<AdoptionCandidate[]> {
  const unanswered = await submissions.under(correlationIds);
  const found: AdoptionCandidate[] = [];
  for (const { correlationId, first, last, types } of unanswered) {
    const rows = await client.query<{ request_id: string; t0_ms: string }>(
      `SELECT request_id, min(toUnixTimestamp64Milli(t0)) AS t0_ms FROM requests_by_correlation
       WHERE correlation_id = {correlationId:String}
         AND toUnixTimestamp64Milli(t0) BETWEEN {from:Int64} AND {until:Int64}
       GROUP BY request_id
       HAVING countIf(kind = 'job' OR (kind = 'submission' AND NOT unanswered)) = 0
          AND hasAny(groupUniqArray(object_type), {types:Array(String)})
       LIMIT 10000`,
      { correlationId, types: [...types], from: first - 2 * windowMs, until: last + 2 * windowMs },
    );
    for (const { request_id: requestId, t0_ms } of rows)
      found.push({ correlationId, requestId, t0: Number(t0_ms) });
  }
  return found;
}
