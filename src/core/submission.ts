/**
 * Submissions: what the submitting side tells of one HTTP attempt, and the fact it becomes.
 */
import {
  DECODER_VERSION,
  type JobFact,
  jobFactId,
  type JobState,
  type SubmissionFact,
  submissionFactId,
  T0_RANK,
  type Target,
} from "./fact.ts";
import { wasAccepted } from "./tally.ts";

const ACCEPTED = 202;

/** The body of `POST /v1/submissions`, validated by the API before it gets here; times are RFC 3339. */
export interface SubmissionInput {
  readonly submissionId: string;
  readonly requestId?: string;
  readonly correlationId?: string;
  readonly requestSource?: string;
  readonly target: Target;
  readonly instance: string;
  readonly objectType: string;
  readonly objectName?: string;
  readonly operation: string;
  readonly priority?: string;
  readonly records: number;
  readonly bytes?: number;
  readonly submittedAt: string;
  readonly respondedAt?: string;
  /** The response's `Date`, HTTP date or RFC 3339. */
  readonly serverTime?: string;
  readonly httpStatus?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly previousSubmissionId?: string;
  /** Of a bulk job: the state it has after this call. */
  readonly jobState?: JobState;
  /** Of a bulk job: its `createdDate`, RFC 3339. */
  readonly jobCreatedAt?: string;
  readonly linkField?: string;
  readonly linkKeys?: readonly string[];
  readonly personKeys?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** The call's own header, W3C Trace Context: the trace that it was made in. */
  readonly traceparent?: string;
}

/** A digest of a link value or of a person's key, as a submission carried it. */
export interface LinkKey {
  readonly digest: string;
  /** `link`: an object waits for this person; `person`: this person was upserted. */
  readonly role: "link" | "person";
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly instance: string;
  /** The submission saw that the upstream took it. */
  readonly accepted: boolean;
}

/**
 * The request that a submission is filed under: the upstream's id, or its own while no response has named one.
 */
export function requestIdOf(input: SubmissionInput): string {
  return input.requestId ?? input.submissionId;
}

/** @see submissionFacts for all that a submission tells */
export function submissionFact(input: SubmissionInput): SubmissionFact {
  const submittedAt = Date.parse(input.submittedAt);
  // every call of a bulk job stands where the job began, however much later it was made
  const begunAt = input.jobCreatedAt ?? input.serverTime;
  const serverTime = begunAt === undefined ? null : Date.parse(begunAt);
  return {
    kind: "submission",
    requestId: requestIdOf(input),
    factId: submissionFactId(input.submissionId),
    version: DECODER_VERSION,
    at: submittedAt,
    t0: serverTime ?? submittedAt,
    t0Rank: serverTime === null ? T0_RANK.submittedAt : T0_RANK.serverTime,
    target: input.target,
    instance: input.instance,
    objectType: input.objectType,
    objectName: input.objectName ?? "",
    operation: input.operation,
    priority: input.priority ?? "",
    clientId: "",
    correlationId: input.correlationId ?? "",
    requestSource: input.requestSource ?? "",
    submissionId: input.submissionId,
    previousSubmissionId: input.previousSubmissionId ?? "",
    records: input.records,
    bytes: input.bytes ?? 0,
    respondedAt: input.respondedAt === undefined ? null : Date.parse(input.respondedAt),
    httpStatus: input.httpStatus ?? statusFor(input),
    errorCode: input.errorCode ?? "",
    errorMessage: input.errorMessage ?? "",
    linkField: input.linkField ?? "",
    labels: input.labels ?? {},
    ...(input.traceparent !== undefined && { traceparent: input.traceparent }),
  };
}

/** A request id comes with a response; where the status is not told and no error either, it was accepted. */
function statusFor(input: SubmissionInput): number | null {
  return input.requestId !== undefined && input.errorCode === undefined ? ACCEPTED : null;
}

/**
 * The facts of one submission: the attempt, and, where it was a call of a bulk job that the service took, the state that the
 * job has since. An upload leaves a job open, whether it says so or not.
 */
export function submissionFacts(input: SubmissionInput): (SubmissionFact | JobFact)[] {
  const fact = submissionFact(input);
  const isUpload = fact.target === "salesforce" && fact.operation === "upload";
  const jobState = input.jobState ?? (isUpload ? "Open" : undefined);
  const { httpStatus } = fact;
  const taken = httpStatus !== null && httpStatus >= 200 && httpStatus < 300;
  if (jobState === undefined || input.requestId === undefined || !taken) return [fact];
  const job: JobFact = {
    ...namesOf(fact),
    kind: "job",
    factId: jobFactId(fact.requestId, jobState, input.submissionId),
    at: fact.respondedAt ?? fact.at,
    jobState,
    retries: 0,
  };
  return [fact, job];
}

type Names = Omit<JobFact, "kind" | "factId" | "at" | "jobState" | "retries">;

/** What a job's fact has in common with the call that told of it. */
function namesOf({ requestId, version, t0, t0Rank, target, instance, ...fact }: SubmissionFact): Names {
  const { objectType, objectName, operation, priority, clientId, correlationId, requestSource } = fact;
  const about = { objectType, objectName, operation, priority, clientId, correlationId, requestSource };
  return { requestId, version, t0, t0Rank, target, instance, ...about };
}

export function linkKeysOf(input: SubmissionInput): LinkKey[] {
  if (input.linkKeys === undefined && input.personKeys === undefined) return [];
  const base = {
    requestId: requestIdOf(input),
    at: Date.parse(input.submittedAt),
    instance: input.instance,
    accepted: wasAccepted(submissionFact(input)),
  };
  return [
    ...(input.linkKeys ?? []).map((digest) => ({ ...base, digest, role: "link" as const })),
    ...(input.personKeys ?? []).map((digest) => ({ ...base, digest, role: "person" as const })),
  ];
}
