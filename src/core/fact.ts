/**
 * Facts: what the ledger knows, one immutable row each.
 *
 * A fact's content is a pure function of what was received: no arrival time, no transport. The same
 * input gives the same `factId`, so duplicates fall together wherever they meet. Times are epoch milliseconds;
 * an unknown string is "".
 */
import type { RecordCounts } from "./record-counts.ts";
import { hash64 } from "./hash.ts";

/**
 * The decoder's version, raised when the same event decodes to other content than before: of two rows
 * with one identity, the higher version counts (raw events are replayed through a newer decoder).
 */
export const DECODER_VERSION = 1;

export type Target = "marketo" | "salesforce";

/**
 * How well a fact knows when the request began, best first: the stream's `requestTime`, the response's
 * `Date`, the submitter's own clock, and at last the time of the event itself.
 */
export const T0_RANK = { requestTime: 1, serverTime: 2, submittedAt: 3, eventTime: 4 } as const;

interface FactBase {
  readonly requestId: string;
  /** Identity within the request: unsigned 64 bit, decimal. */
  readonly factId: string;
  readonly version: number;
  /** When it happened (event time, time of submission, time of the job's state). */
  readonly at: number;
  /** When the request began, as far as this fact knows. */
  readonly t0: number;
  readonly t0Rank: number;
  readonly target: Target;
  readonly instance: string;
  readonly objectType: string;
  readonly objectName: string;
  readonly operation: string;
  readonly priority: string;
  readonly clientId: string;
  readonly correlationId: string;
  readonly requestSource: string;
}

/** One HTTP attempt of the submitting side. */
export interface SubmissionFact extends FactBase {
  readonly kind: "submission";
  readonly submissionId: string;
  readonly previousSubmissionId: string;
  readonly records: number;
  readonly bytes: number;
  readonly respondedAt: number | null;
  /** null: no response was received. */
  readonly httpStatus: number | null;
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly linkField: string;
  readonly labels: Readonly<Record<string, string>>;
  /** W3C Trace Context of the call; absent when it had none. */
  readonly traceparent?: string;
}

/** One request's entry in a results event of the stream. */
export interface ResultFact extends FactBase {
  readonly kind: "result";
  readonly eventId: string;
  readonly received: number;
  readonly created: number;
  readonly updated: number;
  readonly failed: RecordCounts;
}

export type JobState = "Open" | "UploadComplete" | "InProgress" | "JobComplete" | "Failed" | "Aborted";

/** A state in which a bulk job was seen; `Gone`: the service knows it no longer. */
export interface JobFact extends FactBase {
  readonly kind: "job";
  readonly jobState: JobState | "Gone";
  /** How often the service had tried it again by then. */
  readonly retries: number;
}

export type Fact = SubmissionFact | ResultFact | JobFact;

/**
 * Identity of a results entry: the event, the request, and which of the event's entries for that request it is.
 */
export function resultFactId(eventId: string, requestId: string, ordinal: number): string {
  return hash64(ordinal === 0 ? `r\n${eventId}\n${requestId}` : `r\n${eventId}\n${requestId}\n${ordinal}`);
}

export function submissionFactId(submissionId: string): string {
  return hash64(`s\n${submissionId}`);
}

/**
 * Identity of a job's state: also who saw it, for the submitting side and the service date one state differently, and facts
 * of one identity must be equal. The fold takes the earliest of one state.
 *
 * @param seenBy the submission that told of it, or what the service's answer says besides the state
 */
export function jobFactId(jobId: string, state: JobFact["jobState"], seenBy: string): string {
  return hash64(`j\n${jobId}\n${state}\n${seenBy}`);
}

/** Distinct facts: of equal identities the highest version, else the one that came first. */
export function distinctFacts(facts: readonly Fact[]): Fact[] {
  const byId = new Map<string, Fact>();
  for (const fact of facts) {
    const known = byId.get(fact.factId);
    if (known === undefined || fact.version > known.version) byId.set(fact.factId, fact);
  }
  return [...byId.values()];
}
