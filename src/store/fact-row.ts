/**
 * Facts as rows of the table `facts`, and back.
 */
import type { Fact, JobState, SubmissionFact, Target } from "../core/fact.ts";
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
      return `${head}0,0,0,[],[],"",${NOTHING_SUBMITTED},"${fact.jobState}",{}]`;
  }
}

function submissionColumns(fact: SubmissionFact): string {
  return (
    `${quote(fact.submissionId)},${quote(fact.previousSubmissionId)},${fact.bytes},${fact.respondedAt},` +
    `${fact.httpStatus ?? 0},${quote(fact.errorCode)},${quote(fact.errorMessage)},${quote(fact.linkField)}`
  );
}

/** The columns as `selectFacts` reads them: times in milliseconds. */
export interface FactRow {
  readonly request_id: string;
  readonly fact_id: string;
  readonly version: number;
  readonly kind: Fact["kind"];
  readonly at_ms: string;
  readonly t0_ms: string;
  readonly t0_rank: number;
  readonly target: Target;
  readonly instance: string;
  readonly object_type: string;
  readonly object_name: string;
  readonly operation: string;
  readonly priority: string;
  readonly client_id: string;
  readonly correlation_id: string;
  readonly request_source: string;
  readonly received: number;
  readonly created: number;
  readonly updated: number;
  readonly failed_codes: string[];
  readonly failed_counts: number[];
  readonly event_id: string;
  readonly submission_id: string;
  readonly previous_submission_id: string;
  readonly bytes: number;
  readonly responded_ms: string | null;
  readonly http_status: number;
  readonly error_code: string;
  readonly error_message: string;
  readonly link_field: string;
  readonly job_state: string;
  readonly labels: Record<string, string>;
}

const TIMES: Readonly<Record<string, string>> = { at: "at_ms", t0: "t0_ms", responded_at: "responded_ms" };

/** The SELECT list that gives FactRow. */
export const SELECT_FACT = FACT_COLUMNS.map((column) => {
  const alias = TIMES[column];
  return alias === undefined ? column : `toUnixTimestamp64Milli(${column}) AS ${alias}`;
}).join(", ");

export function decodeFact(row: FactRow): Fact {
  const base = {
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
    operation: row.operation,
    priority: row.priority,
    clientId: row.client_id,
    correlationId: row.correlation_id,
    requestSource: row.request_source,
  };
  switch (row.kind) {
    case "result":
      return {
        ...base,
        kind: "result",
        eventId: row.event_id,
        received: row.received,
        created: row.created,
        updated: row.updated,
        failed: Object.fromEntries(row.failed_codes.map((code, i) => [code, row.failed_counts[i] ?? 0])),
      };
    case "submission":
      return {
        ...base,
        kind: "submission",
        submissionId: row.submission_id,
        previousSubmissionId: row.previous_submission_id,
        records: row.received,
        bytes: row.bytes,
        respondedAt: row.responded_ms === null ? null : Number(row.responded_ms),
        httpStatus: row.http_status === 0 ? null : row.http_status,
        errorCode: row.error_code,
        errorMessage: row.error_message,
        linkField: row.link_field,
        labels: row.labels,
      };
    case "job":
      return { ...base, kind: "job", jobState: row.job_state as JobState };
  }
}
