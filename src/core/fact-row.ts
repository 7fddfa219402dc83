/**
 * Facts as rows: RowBinary of the table `incoming_facts`, and back from what the table `facts` keeps of them.
 *
 * The last column is the fact as one text, a JSON array: that is what `facts` keeps, and a request is read in the time that
 * one column takes. The other columns are what the other orders are made of.
 */
import type { Fact, JobFact, SubmissionFact, Target } from "./fact.ts";
import { countsOf, sortedCounts } from "./record-counts.ts";
import { JOB_STATES } from "./job.ts";
import type { RowWriter } from "./row-writer.ts";

/** The columns of a row, in their order, as ClickHouse names and types them. */
export const FACT_COLUMNS = {
  request_id: "String",
  fact_id: "UInt64",
  version: "UInt8",
  kind: "Enum8('submission' = 1, 'result' = 2, 'job' = 3)",
  at: "DateTime64(3, 'UTC')",
  t0: "DateTime64(3, 'UTC')",
  t0_rank: "UInt8",
  target: "String",
  instance: "String",
  object_type: "String",
  object_name: "String",
  priority: "String",
  client_id: "String",
  correlation_id: "String",
  request_source: "String",
  received: "UInt32",
  created: "UInt32",
  updated: "UInt32",
  failed_codes: "Array(String)",
  failed_counts: "Array(UInt32)",
  http_status: "UInt16",
  responded_at: "Nullable(DateTime64(3, 'UTC'))",
  link_bearing: "UInt8",
  job_rank: "UInt8",
  fact: "String",
} as const;

export const KIND_NUMBER = { submission: 1, result: 2, job: 3 } as const;

/** What a row's numbers and lengths take at most, besides texts and codes. */
export const ROW_BYTES = 256;

/** Appends one row. */
export function encodeFact(fact: Fact, rows: RowWriter): void {
  const failed = fact.kind === "result" ? sortedCounts(fact.failed) : [];
  rows.string(fact.requestId);
  rows.reserve(ROW_BYTES);
  rows.length = rows.bytes.writeBigUInt64LE(BigInt(fact.factId), rows.length);
  rows.byte(fact.version);
  rows.byte(KIND_NUMBER[fact.kind]);
  rows.int64(fact.at);
  rows.int64(fact.t0);
  rows.byte(fact.t0Rank);
  rows.string(fact.target);
  rows.string(fact.instance);
  rows.string(fact.objectType);
  rows.string(fact.objectName);
  rows.string(fact.priority);
  rows.string(fact.clientId);
  rows.string(fact.correlationId);
  rows.string(fact.requestSource);
  rows.reserve(ROW_BYTES);
  rows.uint32(recordsOf(fact));
  rows.uint32(fact.kind === "result" ? fact.created : 0);
  rows.uint32(fact.kind === "result" ? fact.updated : 0);
  rows.varint(failed.length);
  for (const [code] of failed) rows.string(code);
  rows.reserve(ROW_BYTES + failed.length * 4);
  rows.varint(failed.length);
  for (const [, count] of failed) rows.uint32(count);
  encodeResponse(fact, rows);
  rows.byte(fact.kind === "submission" && fact.linkField !== "" ? 1 : 0);
  rows.byte(fact.kind === "job" ? JOB_STATES.indexOf(fact.jobState as never) + 1 : 0);
  rows.string(packFact(fact, failed));
}

function encodeResponse(fact: Fact, rows: RowWriter): void {
  const respondedAt = fact.kind === "submission" ? fact.respondedAt : null;
  rows.uint16(fact.kind === "submission" ? (fact.httpStatus ?? 0) : 0);
  rows.byte(respondedAt === null ? 1 : 0);
  if (respondedAt !== null) rows.int64(respondedAt);
}

/** A job has no records of its own: its retries stand where other facts have theirs. */
function recordsOf(fact: Fact): number {
  if (fact.kind === "submission") return fact.records;
  return fact.kind === "result" ? fact.received : fact.retries;
}

function packFact(fact: Fact, failed: readonly (readonly [string, number])[]): string {
  const codes = failed.map(([code]) => code);
  const counts = failed.map(([, count]) => count);
  const isResult = fact.kind === "result";
  const packed: unknown[] = [
    fact.kind,
    fact.at,
    fact.t0,
    fact.t0Rank,
    fact.target,
    fact.instance,
    fact.objectType,
    fact.objectName,
    fact.operation,
    fact.priority,
    fact.clientId,
    fact.correlationId,
    fact.requestSource,
    recordsOf(fact),
    isResult ? fact.created : 0,
    isResult ? fact.updated : 0,
    codes,
    counts,
    isResult ? fact.eventId : "",
  ];
  if (!isResult) packed.push(...packTail(fact));
  return JSON.stringify(packed);
}

function packTail(fact: SubmissionFact | JobFact): unknown[] {
  if (fact.kind === "job") return ["", "", 0, null, 0, "", "", "", fact.jobState, {}];
  const { submissionId, previousSubmissionId, bytes, respondedAt, httpStatus } = fact;
  const { errorCode, errorMessage, linkField, labels, traceparent } = fact;
  const ids = [submissionId, previousSubmissionId];
  const tail = [...ids, bytes, respondedAt, httpStatus ?? 0, errorCode, errorMessage, linkField, "", labels];
  return traceparent === undefined ? tail : [...tail, traceparent];
}

/** A row of `facts`. */
export interface FactRow {
  readonly request_id: string;
  readonly fact_id: string;
  readonly version: number;
  readonly fact: string;
}

/** What `packFact` writes; a result ends with its event id. Times are milliseconds. */
type PackedFact = readonly [
  kind: Fact["kind"],
  at: number,
  t0: number,
  t0Rank: number,
  target: Target,
  instance: string,
  objectType: string,
  objectName: string,
  operation: string,
  priority: string,
  clientId: string,
  correlationId: string,
  requestSource: string,
  received: number,
  created: number,
  updated: number,
  failedCodes: string[],
  failedCounts: number[],
  eventId: string,
  submissionId: string,
  previousSubmissionId: string,
  bytes: number,
  respondedAt: number | null,
  httpStatus: number,
  errorCode: string,
  errorMessage: string,
  linkField: string,
  jobState: JobFact["jobState"],
  labels: Record<string, string>,
  traceparent?: string,
];

export function decodeFact(row: FactRow): Fact {
  const [
    kind,
    at,
    t0,
    t0Rank,
    target,
    instance,
    objectType,
    objectName,
    operation,
    priority,
    clientId,
    correlationId,
    requestSource,
    received,
    created,
    updated,
    failedCodes,
    failedCounts,
    eventId,
    submissionId,
    previousSubmissionId,
    bytes,
    respondedAt,
    httpStatus,
    errorCode,
    errorMessage,
    linkField,
    jobState,
    labels,
    traceparent,
  ] = JSON.parse(row.fact) as PackedFact;
  const base = {
    requestId: row.request_id,
    factId: row.fact_id,
    version: row.version,
    at: Number(at),
    t0: Number(t0),
    t0Rank,
    target,
    instance,
    objectType,
    objectName,
    operation,
    priority,
    clientId,
    correlationId,
    requestSource,
  };
  switch (kind) {
    case "result":
      return {
        ...base,
        kind,
        eventId,
        received,
        created,
        updated,
        failed: countsOf(failedCodes, failedCounts),
      };
    case "submission":
      return {
        ...base,
        kind,
        submissionId,
        previousSubmissionId,
        records: received,
        bytes,
        respondedAt: respondedAt === null ? null : Number(respondedAt),
        httpStatus: httpStatus === 0 ? null : httpStatus,
        errorCode,
        errorMessage,
        linkField,
        labels,
        ...(traceparent !== undefined && { traceparent }),
      };
    case "job":
      return { ...base, kind, jobState, retries: received };
  }
}
