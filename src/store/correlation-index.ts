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

/** Correlation ids in one question. */
const MOST_TOGETHER = 200;

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
  for (let from = 0; from < unanswered.length; from += MOST_TOGETHER) {
    const some = unanswered.slice(from, from + MOST_TOGETHER);
    const rows = await client.query<CandidateRow>(CANDIDATES, {
      ids: some.map((one) => one.correlationId),
      since: some.map((one) => one.first - 2 * windowMs),
      until: some.map((one) => one.last + 2 * windowMs),
      types: some.map((one) => [...one.types]),
    });
    for (const { correlation_id: correlationId, request_id: requestId, t0_ms } of rows)
      found.push({ correlationId, requestId, t0: Number(t0_ms) });
  }
  return found;
}

interface CandidateRow {
  readonly correlation_id: string;
  readonly request_id: string;
  readonly t0_ms: string;
}

/** Each correlation id with its own times and types. */
const CANDIDATES = `
  SELECT correlation_id, request_id, min(toUnixTimestamp64Milli(t0)) AS t0_ms FROM requests_by_correlation
  WHERE correlation_id IN {ids:Array(String)}
    AND toUnixTimestamp64Milli(t0) BETWEEN transform(correlation_id, {ids:Array(String)}, {since:Array(Int64)}, toInt64(0))
      AND transform(correlation_id, {ids:Array(String)}, {until:Array(Int64)}, toInt64(0))
  GROUP BY correlation_id, request_id
  HAVING countIf(kind = 'job' OR (kind = 'submission' AND NOT unanswered)) = 0
    AND hasAny(groupUniqArray(object_type), {types:Array(Array(String))}[indexOf({ids:Array(String)}, correlation_id)])
  LIMIT 10000 BY correlation_id`;
