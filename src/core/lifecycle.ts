/**
 * The lifecycle of one request: a pure fold over the set of its facts, at a given time.
 *
 * Order and duplicates do not matter. The same fold for sets of requests is the SQL view `lifecycles`;
 * a property test holds the two together. States, and how one gets there:
 *
 *   unconfirmed       sent, no response, and the stream shows no result           → anything, once adopted
 *   rejected          a response other than 202                                   (terminal)
 *   accepted          202, or first seen in the stream; no result yet             → processing, retrying, settled
 *   processing        some results; bulk job queued or running                    → retrying, settled
 *   retrying          the first retry is due, or link failures while the window is open
 *   succeeded, partially_failed, failed, aborted                                  (terminal)
 *   exhausted         link retries are over, records failed or still outstanding  (terminal, until a late result)
 *   overdue           outstanding at the deadline, no link field; or a bulk job that is gone before its end
 *                                                                                 (terminal, until a late result)
 */
import {
  distinctFacts,
  type Fact,
  type JobFact,
  type JobState,
  type ResultFact,
  type SubmissionFact,
  type Target,
} from "./fact.ts";
import { foldJob, isOver, jobHistory, jobOperation, type JobStanding } from "./job.ts";
import type { LifecycleSettings } from "./lifecycle-settings.ts";
import { attemptAt, lastRetryMs } from "./retry-policy.ts";
import { foldTally, type Tally, uploadedRecords, wasAccepted } from "./tally.ts";

export const STATES = [
  "unconfirmed",
  "rejected",
  "accepted",
  "processing",
  "retrying",
  "succeeded",
  "partially_failed",
  "failed",
  "exhausted",
  "overdue",
  "aborted",
] as const;
export type LifecycleState = (typeof STATES)[number];
export type Evidence = "observed" | "inferred";

const OPEN_STATES: readonly LifecycleState[] = ["unconfirmed", "accepted", "processing", "retrying"];

export function isTerminal(state: LifecycleState): boolean {
  return !OPEN_STATES.includes(state);
}

/** What a lifecycle is seen with. */
export interface FoldContext {
  /** Epoch milliseconds. */
  readonly now: number;
  settingsFor(instance: string): LifecycleSettings;
  /** By how much the stream says that the queue lags, in milliseconds; 0 without a backlog. */
  lagMsFor(instance: string, priority: string): number;
}

export type AnomalyCode =
  | "accounted_exceeds_expected"
  | "received_exceeds_submitted"
  | "result_precedes_request"
  | "result_after_rejection"
  | "job_gone"
  | "gap"
  | "refresh_cancelled_by_job";

/** A request as it stands at `now`; times are epoch milliseconds. */
export interface Lifecycle {
  readonly requestId: string;
  readonly correlationId: string;
  readonly requestSource: string;
  readonly target: Target;
  readonly instance: string;
  readonly objectType: string;
  readonly objectName: string;
  readonly operation: string;
  readonly priority: string;
  readonly clientId: string;
  readonly state: LifecycleState;
  readonly evidence: Evidence;
  readonly linkBearing: boolean;
  /** false: the upstream accepted it and has no way to tell what became of it. */
  readonly verifiable: boolean;
  /** A submission that never saw its response, joined to this request by its correlation id. */
  readonly adopted: boolean;
  readonly t0: number;
  readonly tally: Tally;
  readonly retry: RetryStanding | null;
  readonly submittedAt: number | null;
  readonly acceptedAt: number | null;
  readonly firstResultAt: number | null;
  readonly lastResultAt: number | null;
  readonly settledAt: number | null;
  readonly anomalies: readonly AnomalyCode[];
  readonly labels: Readonly<Record<string, string>>;
  readonly submissions: readonly SubmissionFact[];
  /** Of a bulk job; else null. */
  readonly job: JobStanding | null;
  /** The states of the bulk job, each once, as they were first seen. */
  readonly jobs: readonly JobFact[];
}

export interface RetryStanding {
  readonly policy: string;
  /** The retries that were due, up to now or to the end. */
  readonly attempt: number;
  readonly of: number;
  readonly nextAt: number | null;
  /** When the window for link fields closes; null where no link field is involved. */
  readonly windowEndsAt: number | null;
  readonly deadlineAt: number;
  /** When the retries seen as due so far were due. */
  readonly dueAt: readonly number[];
}

const STATE_OF_JOB: Readonly<Record<JobState, LifecycleState>> = {
  Open: "accepted",
  UploadComplete: "processing",
  InProgress: "processing",
  JobComplete: "succeeded",
  Failed: "failed",
  Aborted: "aborted",
};

/** @throws RangeError when there is no fact */
export function foldLifecycle(facts: readonly Fact[], context: FoldContext): Lifecycle {
  const distinct = distinctFacts(facts);
  const first = distinct[0];
  if (first === undefined) throw new RangeError("a lifecycle needs at least one fact");
  const submissions = distinct.filter((fact): fact is SubmissionFact => fact.kind === "submission");
  submissions.sort((a, b) => a.at - b.at || (a.submissionId < b.submissionId ? -1 : 1));
  const results = distinct.filter((fact): fact is ResultFact => fact.kind === "result");
  const jobs = distinct.filter((fact): fact is JobFact => fact.kind === "job");
  const job = foldJob(jobs, submissions);

  const text = (name: TextField): string =>
    greatest(submissions.map((fact) => fact[name])) || greatest(distinct.map((fact) => fact[name]));
  const instance = text("instance");
  const priority = text("priority");
  const target = greatest(distinct.map((fact) => fact.target)) as Target;
  const settings = context.settingsFor(instance);
  const t0 = beginning(distinct);
  const verifiable = !(
    target === "salesforce" &&
    job === null &&
    results.length === 0 &&
    submissions.some(wasAccepted)
  );
  const nothingAwaited = job === null ? !verifiable : isOver(job.jobState);
  const tally = foldTally({ submissions, results, jobs, t0 }, settings, nothingAwaited);
  const linkBearing = submissions.some((fact) => fact.linkField !== "") || tally.linkReported;
  const view: View = {
    now: context.now,
    target,
    submissions,
    results,
    job,
    tally,
    verifiable,
    linkBearing,
    firstRetryAt: t0 + (settings.policy.retryAfterMs[0] ?? 0),
    windowEndsAt: t0 + settings.policy.linkWindowMs,
    deadlineAt:
      t0 +
      (linkBearing ? settings.policy.linkWindowMs : lastRetryMs(settings.policy)) +
      settings.graceMs +
      context.lagMsFor(instance, priority),
  };
  const adopted = results.length > 0 && submissions.length > 0 && !submissions.some(hasResponse);
  const verdict = decide(view);
  return {
    requestId: first.requestId,
    correlationId: text("correlationId"),
    requestSource: text("requestSource"),
    target,
    instance,
    objectType: text("objectType"),
    objectName: text("objectName"),
    operation:
      job === null
        ? text("operation")
        : jobOperation([...submissions, ...jobs].map((fact) => fact.operation)),
    priority,
    clientId: text("clientId"),
    state: verdict.state,
    evidence: adopted ? "inferred" : verdict.evidence,
    linkBearing,
    verifiable,
    adopted,
    t0,
    tally,
    retry: standing(view, verdict, settings, t0),
    submittedAt: submissions[0]?.at ?? null,
    acceptedAt: acceptedAt(view, t0),
    firstResultAt: least(results.map((fact) => fact.at)),
    lastResultAt: latest(results.map((fact) => fact.at)),
    settledAt: verdict.settledAt,
    anomalies: anomaliesOf(view, t0),
    labels: Object.assign({}, ...submissions.map((fact) => fact.labels)) as Record<string, string>,
    submissions,
    job,
    jobs: jobHistory(jobs),
  };
}

type TextField =
  | "instance"
  | "objectType"
  | "objectName"
  | "operation"
  | "priority"
  | "clientId"
  | "correlationId"
  | "requestSource";

interface View {
  readonly now: number;
  readonly target: Target;
  readonly submissions: readonly SubmissionFact[];
  readonly results: readonly ResultFact[];
  readonly job: JobStanding | null;
  readonly tally: Tally;
  readonly verifiable: boolean;
  readonly linkBearing: boolean;
  readonly firstRetryAt: number;
  readonly windowEndsAt: number;
  readonly deadlineAt: number;
}

interface Verdict {
  readonly state: LifecycleState;
  readonly evidence: Evidence;
  readonly settledAt: number | null;
}

function decide(view: View): Verdict {
  const { now, tally, results, submissions } = view;
  const lastResultAt = latest(results.map((fact) => fact.at)) ?? 0;
  if (view.job !== null) return decideJob(view.job, view);
  if (results.length === 0 && submissions.length > 0 && !submissions.some(wasAccepted)) {
    const answered = submissions.filter(hasResponse);
    if (answered.length === 0) return open("unconfirmed");
    return open("rejected", least(answered.map((fact) => fact.respondedAt ?? fact.at)));
  }
  if (!view.verifiable) return open("accepted");

  const windowClosed = now >= view.windowEndsAt;
  if (tally.linkFailed > 0 && windowClosed) {
    return { state: "exhausted", evidence: "observed", settledAt: Math.max(lastResultAt, view.windowEndsAt) };
  }
  const retrying: Verdict = {
    state: "retrying",
    evidence: tally.supersededTotal > 0 ? "observed" : "inferred",
    settledAt: null,
  };
  if (results.length > 0 && tally.outstanding === 0) {
    if (tally.linkFailed > 0) return retrying;
    if (tally.failedTotal === 0) return open("succeeded", lastResultAt);
    return open(tally.created + tally.updated === 0 ? "failed" : "partially_failed", lastResultAt);
  }
  if (now >= view.deadlineAt) {
    return {
      state: view.linkBearing ? "exhausted" : "overdue",
      evidence: "inferred",
      settledAt: view.deadlineAt,
    };
  }
  if (tally.linkFailed > 0 || now >= view.firstRetryAt) return retrying;
  return open(results.length > 0 ? "processing" : "accepted");
}

/** A job that is gone before its end is presumed lost; one that is complete may have left rows behind. */
function decideJob({ jobState, at }: JobStanding, { tally, submissions }: View): Verdict {
  if (jobState === "Gone") return { state: "overdue", evidence: "inferred", settledAt: at };
  if (jobState !== "JobComplete" || tally.failedTotal === 0) {
    const state = STATE_OF_JOB[jobState];
    return open(state, isTerminal(state) ? at : null);
  }
  const uploaded = uploadedRecords(submissions);
  return open(uploaded > 0 && tally.failedTotal >= uploaded ? "failed" : "partially_failed", at);
}

function open(state: LifecycleState, settledAt: number | null = null): Verdict {
  return { state, evidence: "observed", settledAt };
}

function standing(
  view: View,
  verdict: Verdict,
  settings: LifecycleSettings,
  t0: number,
): RetryStanding | null {
  if (view.job !== null || verdict.state === "unconfirmed" || verdict.state === "rejected") return null;
  if (view.target === "salesforce") return null;
  const { policy } = settings;
  const until = verdict.settledAt ?? view.now;
  const limit = view.linkBearing ? policy.linkWindowMs : lastRetryMs(policy);
  const retries = policy.retryAfterMs.filter((after) => after <= limit).map((after) => t0 + after);
  return {
    policy: policy.name,
    attempt: attemptAt(policy, Math.min(until - t0, limit)),
    of: retries.length,
    nextAt: verdict.settledAt === null ? (retries.find((at) => at > view.now) ?? null) : null,
    windowEndsAt: view.linkBearing ? view.windowEndsAt : null,
    deadlineAt: view.deadlineAt,
    dueAt: retries.filter((at) => at <= until),
  };
}

function acceptedAt(view: View, t0: number): number | null {
  const accepted = view.submissions.filter(wasAccepted);
  if (accepted.length > 0) return least(accepted.map((fact) => fact.respondedAt ?? fact.t0));
  return view.results.length > 0 || view.job !== null ? t0 : null;
}

function anomaliesOf(view: View, t0: number): AnomalyCode[] {
  const { results, submissions, tally } = view;
  const found: AnomalyCode[] = [];
  if (tally.excess > 0) found.push("accounted_exceeds_expected");
  if (submissions.length > 0 && results.some((fact) => fact.received > tally.expected)) {
    found.push("received_exceeds_submitted");
  }
  if (results.some((fact) => fact.at < t0)) found.push("result_precedes_request");
  if (results.length > 0 && submissions.some(hasResponse) && !submissions.some(wasAccepted)) {
    found.push("result_after_rejection");
  }
  if (view.job?.jobState === "Gone") found.push("job_gone");
  return found;
}

function hasResponse(fact: SubmissionFact): boolean {
  return fact.httpStatus !== null;
}

/** When the request began: what the best-informed facts say, the earliest of them. */
export function beginning(facts: readonly Fact[]): number {
  const rank = Math.min(...facts.map((fact) => fact.t0Rank));
  return Math.min(...facts.filter((fact) => fact.t0Rank === rank).map((fact) => fact.t0));
}

function greatest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text > best ? text : best), "");
}

function least(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : Math.min(...numbers);
}

function latest(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : Math.max(...numbers);
}
