/**
 * Facts by their time: of many requests that began close together they are read in one stretch, where by id each request
 * costs a place of its own. They come without what only a timeline tells: texts of errors, ids of events and attempts, labels.
 */
import { crc32 } from "node:zlib";
import type { Fact } from "../core/fact.ts";
import { countsOf } from "../core/record-counts.ts";
import type { StoreClient } from "./client.ts";
import { isTooManyRows } from "./client-error.ts";

const MINUTE_MS = 60_000;
/** On this axis the facts of a request lie within so many minutes of each other. */
const APART_MINUTES = 10;
/** Denser stretches are left to lookups by id. Of 76 requests among 240,000 facts (3,200 each) they take three times as long. */
const WORTHWHILE = 10_000;

/** In the order in which they are asked for; times in milliseconds. */
type ShortRow = readonly [
  requestId: string,
  factId: string,
  traits: string,
  at: string,
  t0: string,
  correlationId: string,
  received: number,
  created: number,
  updated: number,
  failedCodes: string[],
  failedCounts: number[],
  respondedAt: string | null,
];

/** What many facts have in common. */
interface Traits {
  readonly kind: Fact["kind"];
  readonly version: number;
  readonly t0Rank: number;
  readonly target: Fact["target"];
  readonly instance: string;
  readonly objectType: string;
  readonly objectName: string;
  readonly priority: string;
  readonly clientId: string;
  readonly requestSource: string;
  readonly httpStatus: number;
  readonly linkBearing: boolean;
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
  const rows = await readStretch(client, requestIds, since, until);
  if (rows === undefined) return undefined;
  const facts = new Map<string, Fact[]>(requestIds.map((id) => [id, []]));
  const traitsByText = new Map<string, Traits>();
  for (const row of rows) {
    const known = facts.get(row[0]);
    if (known === undefined) continue; // another request with the same checksum
    let traits = traitsByText.get(row[2]);
    if (traits === undefined) traitsByText.set(row[2], (traits = traitsOf(row[2])));
    if (traits.kind === "job") return undefined;
    known.push(factOf(row, traits));
  }
  for (const [id, own] of facts) if (own.length === 0) facts.delete(id);
  return facts;
}

async function readStretch(
  client: StoreClient,
  requestIds: readonly string[],
  since: number,
  until: number,
): Promise<ShortRow[] | undefined> {
  const first = Math.floor(since / MINUTE_MS) * 60 - APART_MINUTES * 60;
  try {
    return await client.query<ShortRow>(
      `SELECT request_id, fact_id, traits, toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(t0), correlation_id,
         received, created, updated, failed_codes, failed_counts, toUnixTimestamp64Milli(responded_at)
       FROM facts_by_time
       PREWHERE minute BETWEEN toDateTime({first:UInt32}) AND toDateTime({last:UInt32}) AND request_crc IN {crcs:Array(UInt32)}`,
      {
        first: Math.max(0, first),
        last: Math.floor(until / MINUTE_MS) * 60 + APART_MINUTES * 60,
        crcs: requestIds.map((id) => crc32(id)),
      },
      {
        compact: true,
        settings: {
          max_rows_to_read: String(WORTHWHILE * requestIds.length),
          read_overflow_mode: "throw", // before it reads: by the index
        },
      },
    );
  } catch (error) {
    if (isTooManyRows(error)) return undefined;
    throw error;
  }
}

function traitsOf(text: string): Traits {
  const [
    kind,
    version,
    t0Rank,
    target,
    instance,
    objectType,
    objectName,
    priority,
    clientId,
    requestSource,
    httpStatus,
    linkBearing,
  ] = JSON.parse(text) as string[];
  return {
    kind: kind as Fact["kind"],
    version: Number(version),
    t0Rank: Number(t0Rank),
    target: target as Fact["target"],
    instance: instance ?? "",
    objectType: objectType ?? "",
    objectName: objectName ?? "",
    priority: priority ?? "",
    clientId: clientId ?? "",
    requestSource: requestSource ?? "",
    httpStatus: Number(httpStatus),
    linkBearing: linkBearing === "1",
  };
}

/** Literals, and no copies of parts: a roll-up makes thousands of them. */
function factOf(
  [
    requestId,
    factId,
    ,
    at,
    t0,
    correlationId,
    received,
    created,
    updated,
    failedCodes,
    failedCounts,
    respondedAt,
  ]: ShortRow,
  traits: Traits,
): Fact {
  if (traits.kind === "result") {
    return {
      kind: "result",
      requestId,
      factId,
      version: traits.version,
      at: Number(at),
      t0: Number(t0),
      t0Rank: traits.t0Rank,
      target: traits.target,
      instance: traits.instance,
      objectType: traits.objectType,
      objectName: traits.objectName,
      operation: "",
      priority: traits.priority,
      clientId: traits.clientId,
      correlationId,
      requestSource: traits.requestSource,
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
    version: traits.version,
    at: Number(at),
    t0: Number(t0),
    t0Rank: traits.t0Rank,
    target: traits.target,
    instance: traits.instance,
    objectType: traits.objectType,
    objectName: traits.objectName,
    operation: "",
    priority: traits.priority,
    clientId: traits.clientId,
    correlationId,
    requestSource: traits.requestSource,
    submissionId: factId,
    previousSubmissionId: "",
    records: received,
    bytes: 0,
    respondedAt: respondedAt === null ? null : Number(respondedAt),
    httpStatus: traits.httpStatus === 0 ? null : traits.httpStatus,
    errorCode: "",
    errorMessage: "",
    linkField: traits.linkBearing ? "link" : "",
    labels: {},
  };
}
