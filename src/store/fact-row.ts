/**
 * Facts as rows of the table `incoming_facts`, and back from what the table `facts` keeps of them.
 */
import type { Fact, JobFact, SubmissionFact, Target } from "../core/fact.ts";
import { countColumns, quote, quoteMap } from "./row-text.ts";

export const FACT_COLUMNS = [
  "request_id",
  "fact_id",
  "version",
  "kind",
  "at",
  "t0",
  "t0_rank",
  "target",
  "instance",
  "object_type",
  "object_name",
  "operation",
  "priority",
  "client_id",
  "correlation_id",
  "request_source",
  "received",
  "created",
  "updated",
  "failed_codes",
  "failed_counts",
  "event_id",
  "submission_id",
  "previous_submission_id",
  "bytes",
  "responded_at",
  "http_status",
  "error_code",
  "error_message",
  "link_field",
  "job_state",
  "labels",
] as const;

const NOTHING_SUBMITTED = `"","",0,null,0,"","",""`;

/** One line of JSONCompactEachRow, in the order of FACT_COLUMNS. */
export function encodeFact(fact: Fact): string {
  const head =
    `[${quote(fact.requestId)},${fact.factId},${fact.version},"${fact.kind}",${fact.at},${fact.t0},${fact.t0Rank},` +
    `"${fact.target}",${quote(fact.instance)},${quote(fact.objectType)},${quote(fact.objectName)},` +
    `${quote(fact.operation)},${quote(fact.priority)},${quote(fact.clientId)},${quote(fact.correlationId)},` +
    `${quote(fact.requestSource)},`;
  switch (fact.kind) {
    case "result":
      return `${head}${fact.received},${fact.created},${fact.updated},${countColumns(fact.failed)},${quote(fact.eventId)},${NOTHING_SUBMITTED},"",{}]`;
    case "submission":
      return `${head}${fact.records},0,0,[],[],"",${submissionColumns(fact)},"",${quoteMap(fact.labels)}]`;
    case "job":
      // a job has no records of its own: its retries stand where other facts have theirs
      return `${head}${fact.retries},0,0,[],[],"",${NOTHING_SUBMITTED},"${fact.jobState}",{}]`;
  }
}

function submissionColumns(fact: SubmissionFact): string {
  return (
    `${quote(fact.submissionId)},${quote(fact.previousSubmissionId)},${fact.bytes},${fact.respondedAt},` +
    `${fact.httpStatus ?? 0},${quote(fact.errorCode)},${quote(fact.errorMessage)},${quote(fact.linkField)}`
  );
}

/** A row of `facts`; `fact` is the JSON array of FACT_COLUMNS from `kind` on. */
export interface FactRow {
  readonly request_id: string;
  readonly fact_id: string;
  readonly version: number;
  readonly fact: string;
}

/** Times are milliseconds, as decimals: 64-bit integers come quoted. */
type PackedFact = readonly [
  kind: Fact["kind"],
  at: string,
  t0: string,
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
  respondedAt: string | null,
  httpStatus: number,
  errorCode: string,
  errorMessage: string,
  linkField: string,
  jobState: JobFact["jobState"],
  labels: Record<string, string>,
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
        failed: Object.fromEntries(failedCodes.map((code, i) => [code, failedCounts[i] ?? 0])),
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
      };
    case "job":
      return { ...base, kind, jobState, retries: received };
  }
}
