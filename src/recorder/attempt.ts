/**
 * One attempt: what is known when the call goes out, what its body holds, what came of it; together a submission.
 *
 * On the caller's path only names and times are taken. Everything else, the body's reading included, is left for later.
 */
import type { JobState } from "../core/fact.ts";
import { parseTraceparent } from "../core/traceparent.ts";
import type { SubmissionInput } from "../core/submission.ts";
import { type Answer, answeredOutcome, failedOutcome, parse, textAt } from "./answer.ts";
import type { BodyContent } from "./body-reading.ts";
import type { CorrelationIds, CorrelationPath } from "./correlation-id.ts";
import type { Endpoint } from "./endpoint.ts";
import type { JobMemory } from "./job-memory.ts";
import type { LinkKeysOfBody } from "./link-keys.ts";
import { type Call, type OwnHeaders, ownHeadersOf } from "./recorded-call.ts";

/** What only the caller knows of an attempt; everything is optional. */
export interface AttemptContext extends CorrelationPath {
  /** Which attempt at the same records this is, from 1. */
  readonly attempt?: number | undefined;
  /** Records in a body that the recorder cannot read: a stream. */
  readonly records?: number | undefined;
  /** A UUID; made up when absent. */
  readonly submissionId?: string | undefined;
  /** The submission that this one repeats. */
  readonly previousSubmissionId?: string | undefined;
  /** To find it by later; beside those of the recorder. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** An attempt that is under way. Nothing here throws. */
export interface Attempt {
  readonly submissionId: string;
  /** To be added: `X-Correlation-Id` and `X-Request-Source`, if the upstream takes them and the caller has none. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Whether the beginning of the answer's body is of use: of an error, and of a bulk job's creation. */
  wantsBody(status: number): boolean;
  answered(answer: Answer): void;
  /** No answer came: a timeout, a reset. */
  failed(error: unknown): void;
}

/** What all attempts of a recorder share. */
export interface AttemptParts {
  readonly correlation: CorrelationPath;
  readonly requestSource: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly jobs: JobMemory;
  readonly correlationIds: CorrelationIds;
  /** A submission's. */
  readonly newId: () => string;
  /** Reads a body, if it can be read; in steps. */
  readonly readContent: (
    endpoint: Endpoint,
    body: unknown,
  ) => Generator<void, (BodyContent & LinkKeysOfBody) | undefined>;
  /** Takes what is to be done for the submission once the attempt is over. */
  readonly handOver: (over: OverAttempt) => void;
}

/** An attempt that is over: its submission is still to be made. */
export interface OverAttempt {
  /** What has to be there before: the beginning of the answer's body. */
  readonly answerBody: Answer["body"];
  /** Told in the order of such calls. */
  readonly isJobCall: boolean;
  complete(answerBody: string): Generator<void, SubmissionInput>;
}

const MAX_SOURCE = 50;
const MAX_CORRELATION = 255;
const JOB_CREATED = 201;

const NO_CONTEXT: AttemptContext = {};

export function beginAttempt(
  parts: AttemptParts,
  endpoint: Endpoint,
  call: Call,
  context: AttemptContext = NO_CONTEXT,
): Attempt {
  return new BegunAttempt(parts, endpoint, call, context);
}

/** A class, for an attempt is made on the caller's path: closures and copies would cost as much as all else there. */
class BegunAttempt implements Attempt, OverAttempt {
  readonly submissionId: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  answerBody: Answer["body"];
  private readonly parts: AttemptParts;
  private readonly endpoint: Endpoint;
  private readonly context: AttemptContext;
  private readonly body: unknown;
  private readonly correlationId: string;
  private readonly requestSource: string;
  private readonly traceparent: string | undefined;
  private readonly submittedAt = Date.now();
  private endedAt = 0;
  private answer: Answer | undefined;
  private error: unknown;

  constructor(parts: AttemptParts, endpoint: Endpoint, call: Call, context: AttemptContext) {
    this.parts = parts;
    this.endpoint = endpoint;
    this.context = context;
    this.body = call.body;
    this.submissionId = context.submissionId ?? parts.newId();
    const own = ownHeadersOf(call.headers);
    const made = this.makeCorrelationId();
    this.correlationId = own.correlationId ?? made;
    this.traceparent = own.traceparent;
    this.requestSource = own.requestSource ?? parts.requestSource.slice(0, MAX_SOURCE);
    this.headers =
      endpoint.target === "marketo"
        ? headersToAdd(own, made, parts.requestSource.slice(0, MAX_SOURCE))
        : undefined;
  }

  get isJobCall(): boolean {
    return this.endpoint.objectType === "bulk";
  }

  wantsBody(status: number): boolean {
    return status >= 300 || (status === JOB_CREATED && this.endpoint.body.kind === "job");
  }

  answered(answer: Answer): void {
    if (this.endedAt !== 0) return;
    this.answer = answer;
    this.answerBody = answer.body;
    this.end();
  }

  failed(error: unknown): void {
    if (this.endedAt !== 0) return;
    this.error = error;
    this.end();
  }

  *complete(answerBody: string): Generator<void, SubmissionInput> {
    const { parts, endpoint, context } = this;
    const outcome =
      this.answer === undefined
        ? failedOutcome(this.error, this.endedAt)
        : answeredOutcome(this.answer, answerBody, this.endedAt);
    const {
      records = context.records ?? 0,
      bytes,
      priority,
      job,
      ...keys
    } = (yield* parts.readContent(endpoint, this.body)) ?? {};
    const taken = outcome.httpStatus !== undefined && outcome.httpStatus < 300;
    const { requestId, ...rest } = outcome;
    const labels = { ...parts.labels, ...context.labels };
    const correlationId = this.correlationId.slice(0, MAX_CORRELATION);
    const requestSource = this.requestSource.slice(0, MAX_SOURCE);
    return {
      submissionId: this.submissionId,
      ...(endpoint.target === "marketo"
        ? { ...(requestId === undefined ? {} : { requestId }), ...namesOf(endpoint) }
        : jobNames(endpoint, job ?? {}, taken ? answerBody : "", parts.jobs)),
      ...rest,
      target: endpoint.target,
      instance: endpoint.instance.slice(0, 255),
      ...(correlationId === "" ? {} : { correlationId }),
      ...(requestSource === "" ? {} : { requestSource }),
      ...(priority === undefined ? {} : { priority }),
      records,
      ...(bytes === undefined ? {} : { bytes }),
      submittedAt: new Date(this.submittedAt).toISOString(),
      ...(context.previousSubmissionId === undefined
        ? {}
        : { previousSubmissionId: context.previousSubmissionId }),
      ...keys,
      // one that is none is the caller's own affair: the submission is taken without it
      ...(this.traceparent !== undefined && parseTraceparent(this.traceparent) !== undefined
        ? { traceparent: this.traceparent }
        : {}),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    };
  }

  private end(): void {
    this.endedAt = Date.now();
    this.parts.handOver(this);
  }

  private makeCorrelationId(): string {
    const { endpoint, context, parts } = this;
    const job = "job" in context ? context.job : parts.correlation.job;
    const chunk = "chunk" in context ? context.chunk : parts.correlation.chunk;
    if (endpoint.target === "marketo") {
      return parts.correlationIds.ofAttempt(job, chunk, context.attempt ?? 1, this.submissionId);
    }
    return parts.correlationIds.ofGroup(job, endpoint.objectType === "bulk" ? undefined : chunk); // a bulk job has many chunks
  }
}

function headersToAdd(own: OwnHeaders, correlationId: string, requestSource: string) {
  const added: Record<string, string> = {};
  if (own.correlationId === undefined) added["x-correlation-id"] = correlationId;
  if (own.requestSource === undefined && requestSource !== "") added["x-request-source"] = requestSource;
  return added;
}

type Names = Pick<
  SubmissionInput,
  "requestId" | "objectType" | "objectName" | "operation" | "jobState" | "jobCreatedAt"
>;

function namesOf({ objectType, objectName, operation }: Endpoint): Names {
  return {
    objectType,
    operation,
    ...(objectName === undefined ? {} : { objectName: objectName.slice(0, 255) }),
  };
}

/**
 * Of a call to Data Cloud. A job is named by the answer that created it, and remembered for the calls that follow.
 *
 * @param told what the body says: object and operation, or the state that the job shall have
 * @param answer of a call that was taken; else empty
 */
function jobNames(
  endpoint: Endpoint,
  told: Readonly<Record<string, string>>,
  answer: string,
  jobs: JobMemory,
): Names {
  if (endpoint.objectType !== "bulk") return namesOf(endpoint);
  if (endpoint.jobId === undefined) {
    const job = parse(answer);
    const requestId = textAt(job, "id");
    const createdAt = jobTime(textAt(job, "createdDate"));
    const names = {
      objectType: endpoint.objectType,
      ...(told["object"] === undefined ? {} : { objectName: told["object"].slice(0, 255) }),
      ...(createdAt === undefined ? {} : { jobCreatedAt: createdAt }),
    };
    if (requestId !== "") jobs.add(requestId, names);
    return {
      ...names,
      operation: (told["operation"] ?? endpoint.operation).slice(0, 64),
      ...(requestId === "" ? {} : { requestId, jobState: "Open" }),
    };
  }
  const aborted = told["state"] === "Aborted";
  const jobState: JobState = aborted ? "Aborted" : "UploadComplete";
  return {
    objectType: endpoint.objectType,
    ...jobs.get(endpoint.jobId),
    requestId: endpoint.jobId.slice(0, 1_024),
    operation: endpoint.operation === "upload" ? "upload" : aborted ? "abort" : "close",
    ...(endpoint.operation === "upload" ? {} : { jobState }),
  };
}

/** `2026-11-22T02:00:00.000+0000` is how Data Cloud writes; epoch seconds and others are left out. */
function jobTime(text: string): string | undefined {
  const at = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(at) ? new Date(at).toISOString() : undefined;
}
