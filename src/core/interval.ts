/**
 * Intervals of time: half open, in epoch milliseconds.
 */

export interface Interval {
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

/** In their order; those that touch or overlap as one, empty ones left out. */
export function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  const ordered = intervals.filter(({ from, until }) => from < until).sort((a, b) => a.from - b.from);
  for (const { from, until } of ordered) {
    const last = merged.at(-1);
    if (last === undefined || from > last.until) merged.push({ from, until });
    else merged[merged.length - 1] = { from: last.from, until: Math.max(last.until, until) };
  }
  return merged;
}

/** What is left of the interval where none of the others lies. */
export function subtractIntervals(whole: Interval, others: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  let { from } = whole;
  for (const other of mergeIntervals(others)) {
    if (other.until <= from) continue;
    if (other.from >= whole.until) break;
    if (other.from > from) rest.push({ from, until: other.from });
    from = other.until;
  }
  if (from < whole.until) rest.push({ from, until: whole.until });
  return rest;
}
