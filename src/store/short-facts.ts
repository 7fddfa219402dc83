/**
 * Facts by their time: of many requests that began close together they are read in one stretch, where by id each request
 * costs a place of its own. They come without what only a timeline tells: texts of errors, ids of events and attempts, labels.
 */
import type { Fact } from "../core/fact.ts";
import type { StoreClient } from "./client.ts";

const MINUTE_MS = 60_000;
/** On this axis the facts of a request lie within so many minutes of each other. */
const APART_MINUTES = 10;
/** A stretch of so many facts a request takes as long as to look each of them up. */
const WORTHWHILE = 2_000;

interface ShortRow {
  readonly request_id: string;
  readonly fact_id: string;
  readonly version: number;
  readonly kind: Fact["kind"];
  readonly at_ms: string;
  readonly t0_ms: string;
  readonly t0_rank: number;
  readonly target: Fact["target"];
  readonly instance: string;
  readonly object_type: string;
  readonly object_name: string;
  readonly priority: string;
  readonly client_id: string;
  readonly correlation_id: string;
  readonly request_source: string;
  readonly received: number;
  readonly created: number;
  readonly updated: number;
  readonly failed_codes: string[];
  readonly failed_counts: number[];
  readonly http_status: number;
  readonly responded_ms: string | null;
  readonly link_bearing: number;
}

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
    `SELECT request_id, fact_id, version, kind, toUnixTimestamp64Milli(at) AS at_ms, toUnixTimestamp64Milli(t0) AS t0_ms, t0_rank,
       target, instance, object_type, object_name, priority, client_id, correlation_id, request_source, received, created, updated,
       failed_codes, failed_counts, http_status, toUnixTimestamp64Milli(responded_at) AS responded_ms, link_bearing
     FROM facts_by_time
     PREWHERE minute BETWEEN toDateTime({first:UInt32}) AND toDateTime({last:UInt32}) AND request_id IN {ids:Array(String)}`,
    { ...stretch, ids: requestIds },
  );
  const facts = new Map<string, Fact[]>();
  for (const row of rows) {
    if (row.kind === "job") return undefined;
    const known = facts.get(row.request_id);
    if (known === undefined) facts.set(row.request_id, [factOf(row)]);
    else known.push(factOf(row));
  }
  return facts;
}

/** Literals, and no copies of parts: a roll-up makes thousands of them. */
function factOf(row: ShortRow): Fact {
  return row.kind === "result" ? resultOf(row) : submissionOf(row);
}

function resultOf(row: ShortRow): Fact {
  return {
    kind: "result",
    requestId: row.request_id,
    factId: row.fact_id,
    version: row.version,
    at: Number(row.at_ms),
    t0: Number(row.t0_ms),
    t0Rank: row.t0_rank,
    target: row.target,
    instance: row.instance,
    objectType: row.object_type,
    objectName: row.object_name,
    operation: "",
    priority: row.priority,
    clientId: row.client_id,
    correlationId: row.correlation_id,
    requestSource: row.request_source,
    eventId: "",
    received: row.received,
    created: row.created,
    updated: row.updated,
    failed: countsOf(row.failed_codes, row.failed_counts),
  };
}

function submissionOf(row: ShortRow): Fact {
  return {
    kind: "submission",
    requestId: row.request_id,
    factId: row.fact_id,
    version: row.version,
    at: Number(row.at_ms),
    t0: Number(row.t0_ms),
    t0Rank: row.t0_rank,
    target: row.target,
    instance: row.instance,
    objectType: row.object_type,
    objectName: row.object_name,
    operation: "",
    priority: row.priority,
    clientId: row.client_id,
    correlationId: row.correlation_id,
    requestSource: row.request_source,
    submissionId: row.fact_id,
    previousSubmissionId: "",
    records: row.received,
    bytes: 0,
    respondedAt: row.responded_ms === null ? null : Number(row.responded_ms),
    httpStatus: row.http_status === 0 ? null : row.http_status,
    errorCode: "",
    errorMessage: "",
    linkField: row.link_bearing === 1 ? "link" : "",
    labels: {},
  };
}

function countsOf(codes: readonly string[], counts: readonly number[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [i, code] of codes.entries()) found[code] = counts[i] ?? 0;
  return found;
}
