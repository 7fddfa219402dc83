/**
 * Coverage: which intervals of a journal have been read, and what became of its gaps.
 *
 * A gap is closed by reading its interval again, never by waiting. Pure; `now` and what the journal keeps are passed in.
 */
import { type Interval, mergeIntervals, subtractIntervals } from "./interval.ts";
import type { CoverageGap, JournalCursor } from "./ports.ts";

/** How long a journal keeps events, in milliseconds of the upstream's clock. */
export const JOURNAL_KEEPS_MS = 7 * 24 * 3_600_000;

/**
 * How long the stream may say nothing, in milliseconds of the upstream's clock: metrics events come hourly. What is read
 * and begins with a longer silence does not prove that nothing was lost in it.
 */
export const LONGEST_SILENCE_MS = 90 * 60_000;

/** By what an interval was read: the journal as it went on, a backfill that was asked for, or an automatic repair. */
export type ReadBy = "reading" | "backfill" | "repair";

/** An interval of a journal that was read and stored. */
export interface CoveredInterval extends Interval {
  readonly source: string;
  readonly by: ReadBy;
  /** When that was done, epoch milliseconds. */
  readonly readAt: number;
}

export interface GapStanding extends CoverageGap {
  /** `beyond_repair`: the journal keeps none of what is missing any more. */
  readonly state: "open" | "repaired" | "beyond_repair";
  /** What has not been read since; empty: repaired. */
  readonly rest: readonly Interval[];
  /** When the last of it was read, and by what; null while it is not repaired. */
  readonly repairedAt: number | null;
  readonly repairedBy: ReadBy | null;
}

/**
 * Where reading begins to prove something: what was asked for, or the first event if that came suspiciously late.
 *
 * @param wanted from where on it was to be read
 * @param first time of the first event, or of the end where there is none
 */
export function provenFrom(wanted: number, first: number, longestSilenceMs: number): number {
  return first <= wanted + longestSilenceMs ? wanted : first;
}

/** What a cursor says of its journal: from where to where it was read without a gap. */
export function coveredByCursor({
  source,
  coveredFrom,
  coveredUntil,
  savedAt,
}: JournalCursor): CoveredInterval[] {
  if (coveredFrom === null || coveredUntil === null || coveredFrom >= coveredUntil) return [];
  return [{ source, from: coveredFrom, until: coveredUntil, by: "reading", readAt: savedAt }];
}

/** @param oldest from when on the journal still keeps events */
export function standingOf(
  gap: CoverageGap,
  covered: readonly CoveredInterval[],
  oldest: number,
): GapStanding {
  const since = covered
    .filter(({ source, readAt }) => source === gap.source && readAt >= gap.until)
    .sort((a, b) => a.readAt - b.readAt);
  let rest: Interval[] = [gap];
  for (const { from, until, readAt, by } of since) {
    rest = rest.flatMap((piece) => subtractIntervals(piece, [{ from, until }]));
    if (rest.length === 0) return { ...gap, state: "repaired", rest, repairedAt: readAt, repairedBy: by };
  }
  const state = rest.every(({ until }) => until <= oldest) ? "beyond_repair" : "open";
  rest = rest.map(({ from, until }) => ({ from, until }));
  return { ...gap, state, rest, repairedAt: null, repairedBy: null };
}

/** Of each source, in the order of their names, the intervals that were read, those that touch as one. */
export function coverageOf(covered: readonly CoveredInterval[]): Map<string, Interval[]> {
  const sources = [...new Set(covered.map(({ source }) => source))].sort();
  return new Map(
    sources.map((source) => [source, mergeIntervals(covered.filter((one) => one.source === source))]),
  );
}

/** The parts of gaps that are not read yet, as gaps of their own. */
export function restsOf(gaps: readonly GapStanding[]): CoverageGap[] {
  return gaps.flatMap(({ source, reason, rest }) =>
    rest.map(({ from, until }) => ({ source, reason, from, until })),
  );
}
