/**
 * The timeline of one request: what happened when, and how we know.
 */
import { isCallToJob } from "./job.ts";
import { isTerminal, type Evidence, type Lifecycle, type LifecycleState } from "./lifecycle.ts";
import type { SubmissionFact } from "./fact.ts";
import type { RecordCounts } from "./record-counts.ts";

/** One moment; `at` is epoch milliseconds, fields that do not apply are absent. */
export interface TimelineEntry {
  readonly at: number;
  readonly type:
    | "submitted"
    | "unanswered"
    | "adopted"
    | "accepted"
    | "rejected"
    | "result"
    | "retry"
    | "window_closed"
    | "job"
    | "settled";
  readonly evidence: Evidence;
  readonly submissionId?: string;
  /** submitted: the trace in which the call was made, as it said. */
  readonly traceparent?: string;
  /** Of a call to a bulk job: upload, close, abort, … */
  readonly operation?: string;
  readonly records?: number;
  readonly bytes?: number;
  readonly httpStatus?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly attempt?: number;
  readonly eventId?: string;
  readonly created?: number;
  readonly updated?: number;
  readonly failed?: RecordCounts;
  /** Failures of this result that a later attempt made good. */
  readonly superseded?: RecordCounts;
  readonly jobState?: string;
  /** How often the service had tried the job again by then; absent when it had not. */
  readonly retries?: number;
  readonly state?: LifecycleState;
}

/** In the order in which it happened; entries of one moment keep their natural order. */
export function timelineOf(one: Lifecycle, now: number): TimelineEntry[] {
  const entries: TimelineEntry[] = one.submissions.flatMap((fact) =>
    submissionEntries(fact, one.job === null ? {} : callOf(fact)),
  );
  if (one.submissions.length === 0 && one.acceptedAt !== null && one.jobs.length === 0) {
    entries.push({ at: one.acceptedAt, type: "accepted", evidence: "observed" });
  }
  if (one.adopted) {
    entries.push({ at: one.t0, type: "adopted", evidence: "inferred" });
  }
  const seen = new Set<number>();
  for (const { fact, attempt, superseded } of one.tally.attempts) {
    seen.add(attempt);
    entries.push({
      at: fact.at,
      type: "result",
      ...(one.job === null ? { attempt } : {}), // the retry policy is not the one of bulk jobs
      evidence: "observed",
      eventId: fact.eventId,
      created: fact.created,
      updated: fact.updated,
      failed: fact.failed,
      ...(superseded.size > 0 ? { superseded } : {}),
    });
  }
  for (const [index, at] of (one.retry?.dueAt ?? []).entries()) {
    const evidence = seen.has(index + 1) ? "observed" : "inferred";
    entries.push({ at, type: "retry", attempt: index + 1, evidence });
  }
  const windowEndsAt = one.retry?.windowEndsAt ?? null;
  if (windowEndsAt !== null && windowEndsAt <= now && windowEndsAt <= (one.settledAt ?? now)) {
    entries.push({ at: windowEndsAt, type: "window_closed", evidence: "inferred" });
  }
  for (const job of one.jobs) {
    const retries = job.retries > 0 ? { retries: job.retries } : {};
    entries.push({ at: job.at, type: "job", evidence: "observed", jobState: job.jobState, ...retries });
  }
  if (isTerminal(one.state) && one.settledAt !== null && one.state !== "rejected") {
    entries.push({ at: one.settledAt, type: "settled", evidence: one.evidence, state: one.state });
  }
  return entries
    .map((entry, order) => ({ entry, order }))
    .sort((a, b) => a.entry.at - b.entry.at || rank(a.entry) - rank(b.entry) || a.order - b.order)
    .map(({ entry }) => entry);
}

/** Within one moment a request is submitted before all else, and settled after it. */
function rank(entry: TimelineEntry): number {
  if (entry.type === "submitted") return 0;
  return entry.type === "settled" ? 2 : 1;
}

function callOf({ operation, records, bytes }: SubmissionFact): Partial<TimelineEntry> {
  return { operation, ...(operation === "upload" ? { records, bytes } : {}) };
}

function submissionEntries(fact: SubmissionFact, call: Partial<TimelineEntry>): TimelineEntry[] {
  const submitted: TimelineEntry = {
    at: fact.at,
    type: "submitted",
    evidence: "observed",
    submissionId: fact.submissionId,
    ...(fact.traceparent !== undefined && { traceparent: fact.traceparent }),
    ...call,
  };
  const at = fact.respondedAt ?? fact.at;
  if (fact.httpStatus === null) {
    const { errorCode, errorMessage } = fact;
    return [
      submitted,
      { at, type: "unanswered", evidence: "observed", ...whereGiven({ errorCode, errorMessage }) },
    ];
  }
  if (fact.httpStatus >= 200 && fact.httpStatus < 300) {
    // of a job only its creation is an acceptance; what is done to it since needs no line of its own
    if (isCallToJob(fact) && call.operation !== undefined) {
      return [{ ...submitted, httpStatus: fact.httpStatus }];
    }
    return [submitted, { at, type: "accepted", evidence: "observed", httpStatus: fact.httpStatus }];
  }
  const { httpStatus, errorCode, errorMessage } = fact;
  return [
    submitted,
    { at, type: "rejected", evidence: "observed", httpStatus, ...whereGiven({ errorCode, errorMessage }) },
  ];
}

function whereGiven(texts: { errorCode: string; errorMessage: string }): {
  errorCode?: string;
  errorMessage?: string;
} {
  return {
    ...(texts.errorCode === "" ? {} : { errorCode: texts.errorCode }),
    ...(texts.errorMessage === "" ? {} : { errorMessage: texts.errorMessage }),
  };
}
