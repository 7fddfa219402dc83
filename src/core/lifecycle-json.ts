/**
 * Lifecycles as the API gives them: camelCase, RFC 3339 in UTC with milliseconds, null where unknown.
 */
import type { CorrelationRollup } from "./correlation.ts";
import { isTerminal, type Lifecycle } from "./lifecycle.ts";
import { countsJson } from "./record-counts.ts";
import { type TimelineEntry, timelineOf } from "./timeline.ts";

export function timeText(at: number): string;
export function timeText(at: number | null): string | null;
export function timeText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

const UNVERIFIABLE =
  "Salesforce Data Cloud gives streaming requests no id and no status: whether their records were processed cannot be asked.";

/**
 * @param now the time at which the lifecycle was folded, epoch milliseconds
 * @param missingPersons link values without a person; null: not known, not asked, or nothing waits
 */
export function lifecycleJson(one: Lifecycle, now: number, missingPersons: number | null = null) {
  return {
    requestId: one.requestId,
    correlationId: one.correlationId,
    requestSource: one.requestSource,
    target: one.target,
    instance: one.instance,
    objectType: one.objectType,
    objectName: one.objectName,
    operation: one.operation,
    priority: one.priority,
    clientId: one.clientId,
    state: one.state,
    evidence: one.evidence,
    terminal: isTerminal(one.state),
    linkBearing: one.linkBearing,
    verifiable: one.verifiable,
    unverifiableReason: one.verifiable ? null : UNVERIFIABLE,
    records: {
      expected: one.tally.expected,
      created: one.tally.created,
      updated: one.tally.updated,
      failed: countsJson(one.tally.failed),
      outstanding: one.tally.outstanding,
      superseded: countsJson(one.tally.superseded),
    },
    missingPersons,
    retry:
      one.retry === null
        ? null
        : {
            policy: one.retry.policy,
            attempt: one.retry.attempt,
            of: one.retry.of,
            nextAt: timeText(one.retry.nextAt),
            windowEndsAt: timeText(one.retry.windowEndsAt),
            deadlineAt: timeText(one.retry.deadlineAt),
          },
    job:
      one.job === null
        ? null
        : {
            state: one.job.jobState,
            retries: one.job.retries,
            uploads: one.job.uploads,
            bytes: one.job.bytes,
          },
    submittedAt: timeText(one.submittedAt),
    acceptedAt: timeText(one.acceptedAt),
    firstResultAt: timeText(one.firstResultAt),
    lastResultAt: timeText(one.lastResultAt),
    settledAt: timeText(one.settledAt),
    timeline: timelineOf(one, now).map(entryJson),
    anomalies: one.anomalies,
    labels: one.labels,
  };
}

function entryJson({ failed, superseded, ...entry }: TimelineEntry) {
  return {
    ...entry,
    at: timeText(entry.at),
    ...(failed !== undefined && { failed: countsJson(failed) }),
    ...(superseded !== undefined && { superseded: countsJson(superseded) }),
  };
}

export type LifecycleJson = ReturnType<typeof lifecycleJson>;

/** @param missingPersons as in `lifecycleJson`, of its requests together */
export function correlationJson(
  rollup: CorrelationRollup,
  now: number,
  withRequests: boolean,
  missingPersons: number | null = null,
) {
  return {
    correlationId: rollup.correlationId,
    settled: rollup.settled,
    requests: { total: rollup.total, byState: rollup.byState },
    records: { ...rollup.records, failed: countsJson(rollup.records.failed) },
    unverifiable: rollup.unverifiable,
    inGap: rollup.inGap,
    backfill:
      rollup.backfill === null
        ? null
        : { ...rollup.backfill, estimatedEndAt: timeText(rollup.backfill.estimatedEndAt) },
    missingPersons,
    firstAt: timeText(rollup.firstAt),
    lastResultAt: timeText(rollup.lastResultAt),
    earliestDeadlineAt: timeText(rollup.earliestDeadlineAt),
    ...(withRequests ? { items: rollup.requests.map((one) => lifecycleJson(one, now)) } : {}),
  };
}
