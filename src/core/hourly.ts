/**
 * The hourly roll-up: what became of the requests that began in an hour, counted by what they are and how they stand.
 *
 * Pure. An hour is counted in slices when it holds much; slices add up to it, since a request begins in one of them.
 */
import type { RecordCounts } from "./fact.ts";

export const HOUR_MS = 3_600_000;

/** Up to so many seconds from beginning to settlement; what took longer is counted behind the last. */
export const SETTLED_WITHIN_S = [10, 60, 300, 900, 2_100, 3_900, 21_600] as const;

/** Requests of one kind in one state. */
export interface TrafficGroup {
  readonly instance: string;
  readonly target: string;
  readonly objectType: string;
  readonly objectName: string;
  readonly priority: string;
  readonly state: string;
  readonly requests: number;
  readonly expected: number;
  readonly created: number;
  readonly updated: number;
  readonly outstanding: number;
  readonly failed: number;
  readonly superseded: number;
  readonly failedByCode: RecordCounts;
  /** Of settled requests, by SETTLED_WITHIN_S and longer: each counted once, in the first that it fits. */
  readonly settledWithin: readonly number[];
}

export interface CountedSlice {
  readonly groups: readonly TrafficGroup[];
  /** Until when the clock alone may change a state, epoch milliseconds; 0: it cannot. */
  readonly settlesAt: number;
}

/** The slices of an hour, as one. */
export function mergeSlices(slices: readonly CountedSlice[]): CountedSlice {
  const merged = new Map<string, TrafficGroup>();
  for (const group of slices.flatMap(({ groups }) => groups)) {
    const key = JSON.stringify([
      group.instance,
      group.target,
      group.objectType,
      group.objectName,
      group.priority,
      group.state,
    ]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? group : add(known, group));
  }
  return { groups: [...merged.values()], settlesAt: Math.max(0, ...slices.map((one) => one.settlesAt)) };
}

function add(a: TrafficGroup, b: TrafficGroup): TrafficGroup {
  const failedByCode: Record<string, number> = { ...a.failedByCode };
  for (const [code, count] of Object.entries(b.failedByCode))
    failedByCode[code] = (failedByCode[code] ?? 0) + count;
  return {
    ...a,
    requests: a.requests + b.requests,
    expected: a.expected + b.expected,
    created: a.created + b.created,
    updated: a.updated + b.updated,
    outstanding: a.outstanding + b.outstanding,
    failed: a.failed + b.failed,
    superseded: a.superseded + b.superseded,
    failedByCode,
    settledWithin: a.settledWithin.map((count, index) => count + (b.settledWithin[index] ?? 0)),
  };
}
