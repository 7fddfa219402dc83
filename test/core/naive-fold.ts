/**
 * The fold, written a second time in the plainest way: record by record, in the words of the table of states.
 *
 * Only for comparison; slow on purpose, and it shares no code with the real one.
 */
import type { Fact } from "../../src/core/fact.ts";
import type { LifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { type RecordCounts } from "../../src/core/record-counts.ts";

export interface NaiveLifecycle {
  readonly state: string;
  readonly expected: number;
  readonly created: number;
  readonly updated: number;
  readonly failed: RecordCounts;
  readonly superseded: RecordCounts;
  readonly outstanding: number;
}

/** One reported failure of one record. */
interface Failure {
  readonly code: string;
  readonly attempt: number;
  retried: boolean;
}

export function naiveFold(facts: readonly Fact[], settings: LifecycleSettings, now: number): NaiveLifecycle {
  const distinct = [...new Map(facts.map((fact) => [fact.factId, fact])).values()];
  const subs = distinct.filter((f) => f.kind === "submission");
  const results = distinct.filter((f) => f.kind === "result");
  const jobs = distinct.filter((f) => f.kind === "job").map((f) => f.jobState);
  const isOk = (s: { target: string; httpStatus: number | null }): boolean =>
    s.httpStatus === 202 || (s.target === "salesforce" && String(s.httpStatus).startsWith("2"));
  const best = Math.min(...distinct.map((f) => f.t0Rank));
  const t0 = Math.min(...distinct.filter((f) => f.t0Rank === best).map((f) => f.t0));
  const attemptOf = (at: number): number => {
    let n = 0;
    for (const retry of settings.policy.retryAfterMs) if (t0 + retry <= at) n++;
    return n;
  };
  const inOrder = [...results].sort((a, b) =>
    a.at === b.at ? (BigInt(a.factId) < BigInt(b.factId) ? -1 : 1) : a.at - b.at,
  );
  const failures: Failure[] = [];
  let created = 0;
  let updated = 0;
  for (const fact of inOrder) {
    created += fact.created;
    updated += fact.updated;
    for (const code of [...fact.failed.keys()].sort()) {
      for (let i = 0; i < (fact.failed.get(code) ?? 0); i++) {
        failures.push({ code, attempt: attemptOf(fact.at), retried: false });
      }
    }
  }
  let expected = 0;
  let uploaded = 0;
  for (const s of subs) if (isOk(s)) uploaded += s.records;
  if (jobs.length > 0) expected = Math.max(uploaded, created + updated + failures.length);
  else if (subs.length > 0) for (const s of subs) expected = Math.max(expected, s.records);
  else {
    const own = results.map((r) => r.created + r.updated + [...r.failed.values()].reduce((a, b) => a + b, 0));
    const whole = results.every((r, i) => own[i] === r.received);
    for (const r of results) expected = whole ? expected + r.received : Math.max(expected, r.received);
  }
  const newest = Math.max(0, ...failures.map((f) => f.attempt), ...results.map((r) => attemptOf(r.at)));
  const isLink = (code: string): boolean => settings.linkCodes.includes(code);
  for (const failure of failures) {
    const standing = failures.filter((f) => !f.retried).length;
    if (created + updated + standing <= expected) break;
    const retriable = isLink(failure.code) || settings.transientCodes.includes(failure.code);
    if (retriable && failure.attempt < newest) failure.retried = true;
  }
  const standing = failures.filter((f) => !f.retried);
  const jobEnded = jobs.some((one) => ["JobComplete", "Failed", "Aborted"].includes(one));
  const isSalesforce = distinct.some((f) => f.target === "salesforce");
  const blind = isSalesforce && jobs.length === 0 && results.length === 0 && subs.some(isOk);
  const outstanding = jobEnded || blind ? 0 : Math.max(0, expected - created - updated - standing.length);
  const link = subs.some((s) => s.linkField !== "") || failures.some((f) => isLink(f.code));
  const linkFailed = standing.some((f) => isLink(f.code));
  const windowEnd = t0 + settings.policy.linkWindowMs;
  const lastRetry = settings.policy.retryAfterMs.at(-1) ?? 0;
  const deadline = t0 + (link ? settings.policy.linkWindowMs : lastRetry) + settings.graceMs;

  function state(): string {
    if (jobs.includes("Aborted")) return "aborted";
    if (jobs.includes("Failed")) return "failed";
    if (jobs.includes("JobComplete")) {
      if (standing.length === 0) return "succeeded";
      return uploaded > 0 && standing.length >= uploaded ? "failed" : "partially_failed";
    }
    if (jobs.includes("Gone")) return "overdue";
    if (jobs.includes("InProgress") || jobs.includes("UploadComplete")) return "processing";
    if (jobs.includes("Open")) return "accepted";
    if (results.length === 0) {
      if (!subs.some(isOk)) return subs.every((s) => s.httpStatus === null) ? "unconfirmed" : "rejected";
      if (isSalesforce) return "accepted";
    }
    if (linkFailed && now >= windowEnd) return "exhausted";
    if (results.length > 0 && outstanding === 0) {
      if (linkFailed) return "retrying";
      if (standing.length === 0) return "succeeded";
      return created + updated === 0 ? "failed" : "partially_failed";
    }
    if (now >= deadline) return link ? "exhausted" : "overdue";
    if (linkFailed || now >= t0 + (settings.policy.retryAfterMs[0] ?? 0)) return "retrying";
    return results.length > 0 ? "processing" : "accepted";
  }

  const tallyOf = (list: readonly Failure[]): RecordCounts => {
    const byCode = new Map<string, number>();
    for (const { code } of list) byCode.set(code, (byCode.get(code) ?? 0) + 1);
    return byCode;
  };
  return {
    state: state(),
    expected,
    created,
    updated,
    failed: tallyOf(standing),
    superseded: tallyOf(failures.filter((f) => f.retried)),
    outstanding,
  };
}
