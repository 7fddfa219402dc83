/**
 * The tally of one request: what was expected, what was accounted for, what is still open.
 *
 * Counts are sums over distinct facts. Where more is accounted for than expected, failures of earlier
 * attempts that the service retries (transient and link codes) are taken back, oldest first: they were
 * retried. What is still too much stays, as an excess.
 */
import type { JobFact, ResultFact, SubmissionFact } from "./fact.ts";
import type { LifecycleSettings } from "./lifecycle-settings.ts";
import {
  mergeCounts,
  NO_COUNTS,
  type RecordCounts,
  sortedCounts,
  subtractCounts,
  total,
} from "./record-counts.ts";
import { attemptAt } from "./retry-policy.ts";

export interface Attempt {
  readonly fact: ResultFact;
  /** 0 before the first retry was due, n after the n-th. */
  readonly attempt: number;
  /** Failures of this result that a later attempt made good, by code. */
  readonly superseded: RecordCounts;
}

export interface Tally {
  readonly expected: number;
  readonly created: number;
  readonly updated: number;
  /** Failures that stand, by code. */
  readonly failed: RecordCounts;
  readonly failedTotal: number;
  /** Of these: records whose link field found nobody. */
  readonly linkFailed: number;
  /** Whether any result reported a link code, also one that was taken back since. */
  readonly linkReported: boolean;
  readonly superseded: RecordCounts;
  readonly supersededTotal: number;
  readonly outstanding: number;
  /** Records accounted for beyond the expected, after failures were taken back. */
  readonly excess: number;
  /** Results in the order in which they happened. */
  readonly attempts: readonly Attempt[];
}

/** What a tally is made from; `t0` is when the request began, epoch milliseconds. */
export interface TallyFacts {
  readonly submissions: readonly SubmissionFact[];
  readonly results: readonly ResultFact[];
  readonly jobs: readonly JobFact[];
  readonly t0: number;
}

/** @param nothingAwaited whatever was not reported is not waited for: no news of it can come */
export function foldTally(
  { submissions, results, jobs, t0 }: TallyFacts,
  settings: LifecycleSettings,
  nothingAwaited: boolean,
): Tally {
  const ordered = results
    .map((fact) => ({ fact, attempt: attemptAt(settings.policy, fact.at - t0) }))
    .sort((a, b) => a.fact.at - b.fact.at || compareIds(a.fact.factId, b.fact.factId));
  const created = sum(results.map((fact) => fact.created));
  const updated = sum(results.map((fact) => fact.updated));
  const reported = mergeCounts(results.map((fact) => fact.failed));
  const expected =
    jobs.length > 0
      ? Math.max(uploadedRecords(submissions), created + updated + total(reported))
      : expectedRecords(submissions, results);
  const tooMany = Math.max(0, created + updated + total(reported) - expected);
  const attempts = takeBack(ordered, tooMany, settings);
  const superseded = mergeCounts(attempts.map((attempt) => attempt.superseded));
  const supersededTotal = total(superseded);
  const failed = subtractCounts(reported, superseded);
  const failedTotal = total(failed);
  return {
    expected,
    created,
    updated,
    failed,
    failedTotal,
    linkFailed: total(failed, settings.linkCodes),
    linkReported: total(reported, settings.linkCodes) > 0,
    superseded,
    supersededTotal,
    outstanding: nothingAwaited ? 0 : Math.max(0, expected - created - updated - failedTotal),
    excess: tooMany - supersededTotal,
    attempts,
  };
}

/** Rows of a bulk job: those of the uploads that the service took (its other calls carry none). */
export function uploadedRecords(submissions: readonly SubmissionFact[]): number {
  return sum(submissions.filter(wasAccepted).map((fact) => fact.records));
}

/** Marketo accepts with a 202, Salesforce with any 2xx. */
export function wasAccepted({ httpStatus, target }: SubmissionFact): boolean {
  if (httpStatus === null) return false;
  return target === "salesforce" ? httpStatus >= 200 && httpStatus < 300 : httpStatus === 202;
}

/**
 * The submission's count; without one the largest `received`, or their sum if every result accounts for
 * its own `received` completely (then `received` was the chunk's, not the request's: both readings occur).
 */
function expectedRecords(submissions: readonly SubmissionFact[], results: readonly ResultFact[]): number {
  if (submissions.length > 0) return Math.max(...submissions.map((fact) => fact.records));
  if (results.length === 0) return 0;
  const complete = results.every(
    (fact) => fact.created + fact.updated + total(fact.failed) === fact.received,
  );
  const received = results.map((fact) => fact.received);
  return complete ? sum(received) : Math.max(...received);
}

function takeBack(
  ordered: readonly { fact: ResultFact; attempt: number }[],
  tooMany: number,
  settings: LifecycleSettings,
): Attempt[] {
  const lastAttempt = Math.max(0, ...ordered.map(({ attempt }) => attempt));
  let rest = tooMany;
  return ordered.map(({ fact, attempt }) => {
    if (rest === 0 || attempt === lastAttempt || fact.failed.size === 0)
      return { fact, attempt, superseded: NO_COUNTS };
    const superseded = new Map<string, number>();
    for (const [code, count] of sortedCounts(fact.failed)) {
      if (!settings.transientCodes.includes(code) && !settings.linkCodes.includes(code)) continue;
      const taken = Math.min(rest, count);
      if (taken > 0) superseded.set(code, taken);
      rest -= taken;
    }
    return { fact, attempt, superseded };
  });
}

/** Orders unsigned decimals by value without making numbers of them. */
function compareIds(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function sum(numbers: readonly number[]): number {
  let result = 0;
  for (const number of numbers) result += number;
  return result;
}
