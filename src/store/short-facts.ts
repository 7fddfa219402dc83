/**
 * Facts by their time: of many requests that began close together they are read in one stretch, where by id each request
 * costs a place of its own. They come without what only a timeline tells: texts of errors, ids of events and attempts, labels.
 */
import type { Fact } from "../core/fact.ts";
import { countsOf } from "../core/record-counts.ts";
import type { StoreClient } from "./client.ts";

const MINUTE_MS = 60_000;
/** On this axis the facts of a request lie within so many minutes of each other. */
const APART_MINUTES = 10;
/** A stretch of so many facts a request takes as long as to look each of them up. */
const WORTHWHILE = 2_000;

/** In the order in which they are asked for; times in milliseconds. */
type ShortRow = readonly [
  requestId: string,
  factId: string,
  version: number,
  kind: Fact["kind"],
  at: string,
  t0: string,
  t0Rank: number,
  target: Fact["target"],
  instance: string,
  objectType: string,
  objectName: string,
  priority: string,
  clientId: string,
  correlationId: string,
  requestSource: string,
  received: number,
  created: number,
  updated: number,
  failedCodes: string[],
  failedCounts: number[],
  httpStatus: number,
  respondedAt: string | null,
  linkBearing: number,
];

/**
 * @param since epoch milliseconds at which the first of the requests began, and `until` the last
 * @returns undefined where they are to be looked up by id: too much lies between them, or jobs are among them, which are
 *   nothing without their labels
 */
export async function shortFactsOf(
  client: StoreClient,
  requestIds: readonly string[],
  since: number,
  until: number,
): Promise<Map<string, Fact[]> | undefined> {
  const first = Math.floor(since / MINUTE_MS) * 60 - APART_MINUTES * 60;
  const stretch = {
    first: Math.max(0, first),
    last: Math.floor(until / MINUTE_MS) * 60 + APART_MINUTES * 60,
  };
  const [counted] = await client.query<{ facts: string }>(
    "SELECT count() AS facts FROM facts_by_time WHERE minute BETWEEN toDateTime({first:UInt32}) AND toDateTime({last:UInt32})",
    stretch,
  );
  if (Number(counted?.facts) > WORTHWHILE * requestIds.length) return undefined;
  const rows = await client.query<ShortRow>(
    `SELECT request_id, fact_id, version, kind, toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(t0), t0_rank, target, instance,
       object_type, object_name, priority, client_id, correlation_id, request_source, received, created, updated,
       failed_codes, failed_counts, http_status, toUnixTimestamp64Milli(responded_at), link_bearing
     FROM facts_by_time
     PREWHERE minute BETWEEN toDateTime({first:UInt32}) AND toDateTime({last:UInt32}) AND request_id IN {ids:Array(String)}`,
    { ...stretch, ids: requestIds },
    { compact: true },
  );
  const facts = new Map<string, Fact[]>();
  for (const row of rows) {
    const [requestId, , , kind] = row;
    if (kind === "job") return undefined;
    const known = facts.get(requestId);
    if (known === undefined) facts.set(requestId, [factOf(row)]);
    else known.push(factOf(row));
  }
  return facts;
}

/** Literals, and no copies of parts: a roll-up makes thousands of them. */
function factOf([
  requestId,
  factId,
  version,
  kind,
  at,
  t0,
  t0Rank,
  target,
  instance,
  objectType,
  objectName,
  priority,
  clientId,
  correlationId,
  requestSource,
  received,
  created,
  updated,
  failedCodes,
  failedCounts,
  httpStatus,
  respondedAt,
  linkBearing,
]: ShortRow): Fact {
  if (kind === "result") {
    return {
      kind,
      requestId,
      factId,
      version,
      at: Number(at),
      t0: Number(t0),
      t0Rank,
      target,
      instance,
      objectType,
      objectName,
      operation: "",
      priority,
      clientId,
      correlationId,
      requestSource,
      eventId: "",
      received,
      created,
      updated,
      failed: countsOf(failedCodes, failedCounts),
    };
  }
  return {
    kind: "submission",
    requestId,
    factId,
    version,
    at: Number(at),
    t0: Number(t0),
    t0Rank,
    target,
    instance,
    objectType,
    objectName,
    operation: "",
    priority,
    clientId,
    correlationId,
    requestSource,
    submissionId: factId,
    previousSubmissionId: "",
    records: received,
    bytes: 0,
    respondedAt: respondedAt === null ? null : Number(respondedAt),
    httpStatus: httpStatus === 0 ? null : httpStatus,
    errorCode: "",
    errorMessage: "",
    linkField: linkBearing === 1 ? "link" : "",
    labels: {},
  };
}
