/**
 * The roll-up of a correlation: all requests of a job, a backfill, a campaign, as one.
 */
import { type Backfill, foldBackfill } from "./backfill.ts";
import { isTerminal, type Lifecycle, type LifecycleState } from "./lifecycle.ts";
import { mergeCounts, type RecordCounts } from "./record-counts.ts";

export interface CorrelationRollup {
  readonly correlationId: string;
  readonly total: number;
  readonly byState: Readonly<Partial<Record<LifecycleState, number>>>;
  /** Every request has reached a terminal state, or can reach none: nothing tells what became of it. */
  readonly settled: boolean;
  /** Requests that were accepted and can never be verified, and their records. */
  readonly unverifiable: { readonly requests: number; readonly records: number };
  /** Requests whose state is inferred over a gap of the stream. */
  readonly inGap: number;
  /** The bulk jobs among the requests, as one load; null when there are none. */
  readonly backfill: Backfill | null;
  readonly records: {
    readonly expected: number;
    readonly created: number;
    readonly updated: number;
    readonly failed: RecordCounts;
    readonly outstanding: number;
  };
  /** When the first request began, epoch milliseconds. */
  readonly firstAt: number;
  readonly lastResultAt: number | null;
  /** The earliest deadline among requests that are not settled; null when all are. */
  readonly earliestDeadlineAt: number | null;
  /** In the order in which they began. */
  readonly requests: readonly Lifecycle[];
}

/** @param now epoch milliseconds */
export function rollUp(
  correlationId: string,
  requests: readonly Lifecycle[],
  now: number,
): CorrelationRollup {
  const ordered = [...requests].sort((a, b) => a.t0 - b.t0 || (a.requestId < b.requestId ? -1 : 1));
  const byState: Partial<Record<LifecycleState, number>> = {};
  for (const { state } of ordered) byState[state] = (byState[state] ?? 0) + 1;
  const open = ordered.filter((one) => !isTerminal(one.state) && one.verifiable);
  const unverifiable = ordered.filter((one) => !one.verifiable);
  const deadlines = open.flatMap((one) => (one.retry === null ? [] : [one.retry.deadlineAt]));
  const results = ordered.flatMap((one) => (one.lastResultAt === null ? [] : [one.lastResultAt]));
  const count = (pick: (one: Lifecycle) => number): number =>
    ordered.reduce((soFar, one) => soFar + pick(one), 0);
  return {
    correlationId,
    total: ordered.length,
    byState,
    settled: open.length === 0,
    unverifiable: {
      requests: unverifiable.length,
      records: unverifiable.reduce((sum, one) => sum + one.tally.expected, 0),
    },
    inGap: ordered.filter((one) => one.anomalies.includes("gap")).length,
    backfill: foldBackfill(ordered, now),
    records: {
      expected: count((one) => one.tally.expected),
      created: count((one) => one.tally.created),
      updated: count((one) => one.tally.updated),
      failed: mergeCounts(ordered.map((one) => one.tally.failed)),
      outstanding: count((one) => one.tally.outstanding),
    },
    firstAt: ordered.reduce((earliest, one) => Math.min(earliest, one.t0), Infinity),
    lastResultAt: results.reduce<number | null>((last, at) => (last === null || at > last ? at : last), null),
    earliestDeadlineAt: deadlines.reduce<number | null>(
      (first, at) => (first === null || at < first ? at : first),
      null,
    ),
    requests: ordered,
  };
}
