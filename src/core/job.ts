/**
 * Bulk jobs: what the states in which a job was seen, and the calls that were made to it, add up to.
 *
 * The furthest state counts, dated by the earliest fact that tells of it: order and repetition of what was seen do not matter.
 */
import type { JobFact, JobState, SubmissionFact } from "./fact.ts";
import { sum, wasAccepted } from "./tally.ts";

/** In the order in which a job moves; the furthest one seen counts. */
export const JOB_STATES: readonly JobState[] = [
  "Open",
  "UploadComplete",
  "InProgress",
  "JobComplete",
  "Failed",
  "Aborted",
];

/** Operations of calls to a job, as opposed to what the job itself does. */
const CALLS: readonly string[] = ["upload", "close", "abort"];

export interface JobStanding {
  /** `Gone`: the service knows it no longer, and it was never seen to end. */
  readonly jobState: JobState | "Gone";
  /** When it was first seen so, epoch milliseconds. */
  readonly at: number;
  /** How often the service tried it again. */
  readonly retries: number;
  /** Uploads that the service took, and their bytes. */
  readonly uploads: number;
  readonly bytes: number;
}

/** @returns null where there is no job */
export function foldJob(
  jobs: readonly JobFact[],
  submissions: readonly SubmissionFact[],
): JobStanding | null {
  const [furthest, ...others] = [...jobs].sort((a, b) => rank(b) - rank(a) || a.at - b.at);
  if (furthest === undefined) return null;
  const gone = [furthest, ...others].find((job) => job.jobState === "Gone");
  const seen = gone === undefined || isOver(furthest.jobState) ? furthest : gone;
  const uploads = submissions.filter((fact) => fact.operation === "upload" && wasAccepted(fact));
  return {
    jobState: seen.jobState,
    at: seen.at,
    retries: Math.max(...jobs.map((job) => job.retries)),
    uploads: uploads.length,
    bytes: sum(uploads.map((fact) => fact.bytes)),
  };
}

/** Whether a job in this state has ended, so that nothing is awaited of it. */
export function isOver(state: JobFact["jobState"]): boolean {
  return state === "JobComplete" || state === "Failed" || state === "Aborted";
}

/** Whether a submission did something to a job that was there already. */
export function isCallToJob({ operation }: SubmissionFact): boolean {
  return CALLS.includes(operation);
}

/** What a job does: of its facts' operations the one that is no call to it. */
export function jobOperation(operations: readonly string[]): string {
  return operations.reduce((best, one) => (!CALLS.includes(one) && one > best ? one : best), "");
}

/** Each state once, as it was first seen, in the order of time; the retries are the most that were seen in it. */
export function jobHistory(jobs: readonly JobFact[]): JobFact[] {
  const byState = new Map<string, JobFact>();
  for (const job of jobs) {
    const known = byState.get(job.jobState);
    const first = known === undefined || isBefore(job, known) ? job : known;
    byState.set(job.jobState, { ...first, retries: Math.max(job.retries, known?.retries ?? 0) });
  }
  return [...byState.values()].sort((a, b) => a.at - b.at || rank(a) - rank(b));
}

/** Of one moment the lesser identity: the history is the same whatever came first. */
function isBefore(a: JobFact, b: JobFact): boolean {
  return a.at < b.at || (a.at === b.at && a.factId < b.factId);
}

/** `Gone` ranks below every state of the service. */
function rank(job: JobFact): number {
  return job.jobState === "Gone" ? -1 : JOB_STATES.indexOf(job.jobState);
}
