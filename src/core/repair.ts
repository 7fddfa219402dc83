/**
 * Repair: reading a journal again from some time on, because something of it is missing or somebody asks for it.
 *
 * A repair is one reading. What is wanted is tried some times, with longer and longer pauses, and then given up: whether
 * a reading has helped says not its own end, but whether the interval is wanted still. Pure; times are epoch milliseconds.
 */
import type { Interval } from "./interval.ts";

/**
 * `asked`: by somebody, and cut short. `position_expired`: a gap after a 410. `path_silent`: other sources brought events of
 * that time and the journal did not. `records_missing`: by the stream's own counts results are missing.
 */
export const REPAIR_REASONS = ["asked", "position_expired", "path_silent", "records_missing"] as const;
export type RepairReason = (typeof REPAIR_REASONS)[number];

/** An interval of a journal that is to be read again. */
export interface WantedRepair extends Interval {
  readonly source: string;
  readonly why: RepairReason;
}

export interface RepairRun {
  readonly repairId: string;
  readonly source: string;
  readonly reason: RepairReason;
  /** `waiting`: asked for in a process that does not read this journal, until one that does takes it up. */
  readonly state: "waiting" | "running" | "done" | "failed";
  /** From when on the journal is read. */
  readonly from: number;
  /** Where ends what is missing; of one that was asked for, when it began. */
  readonly until: number;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly pages: number;
  readonly events: number;
  readonly fresh: number;
  readonly duplicate: number;
  readonly dead: number;
  /** Time of the newest event read. */
  readonly reachedAt: number | null;
  /** Why it failed; else empty. */
  readonly fault: string;
  /** Of its newest sign of life. */
  readonly changedAt: number;
}

/** In milliseconds of the upstream's clock; the machine's, at speed 1. */
export interface RepairTiming {
  /** Before the first try of what may still come by itself: a webhook is sent again after 1, 2, 4, 8 minutes. */
  readonly patienceMs: number;
  /** Before each further try; as many tries as there are pauses and one. */
  readonly pausesMs: readonly number[];
  /** Between two readings for a silent path: a relay that brings what no journal holds must not have it read for ever. */
  readonly silentPauseMs: number;
  /** What lies further back the journal keeps no longer. */
  readonly keepsMs: number;
  /** A reading without a sign of life for so long, by the machine's clock, is over. */
  readonly lapseMs: number;
}

const MINUTE_MS = 60_000;

/** @param speed how many times faster than real the upstream's clock runs */
export function repairTiming(speed: number): RepairTiming {
  return {
    patienceMs: (15 * MINUTE_MS) / speed,
    silentPauseMs: (60 * MINUTE_MS) / speed,
    pausesMs: [15, 60, 240].map((minutes) => (minutes * MINUTE_MS) / speed),
    keepsMs: (7 * 24 * 60 * MINUTE_MS) / speed,
    lapseMs: 2 * MINUTE_MS,
  };
}

/** `due`: at that time, or since then. `given_up`: tried often enough. `too_late`: the journal keeps none of it. */
export type RepairVerdict =
  | { readonly kind: "due"; readonly at: number; readonly tries: number }
  | { readonly kind: "given_up" | "too_late"; readonly tries: number };

/** @param runs readings of that journal that have ended */
export function judgeRepair(
  wanted: WantedRepair,
  runs: readonly RepairRun[],
  timing: RepairTiming,
  now: number,
): RepairVerdict {
  const tried = runs
    .filter(({ source, from, startedAt }) => {
      const isLater = wanted.why === "asked" ? startedAt > wanted.until : startedAt >= wanted.until;
      return source === wanted.source && from <= wanted.from && isLater;
    })
    .sort((a, b) => a.startedAt - b.startedAt);
  const tries = tried.length;
  if (wanted.until <= now - timing.keepsMs) return { kind: "too_late", tries };
  const last = tried.at(-1);
  const waitsFirst = wanted.why === "path_silent" || wanted.why === "records_missing";
  if (last === undefined)
    return { kind: "due", at: wanted.until + (waitsFirst ? timing.patienceMs : 0), tries };
  const pause = timing.pausesMs[tries - 1];
  if (pause === undefined) return { kind: "given_up", tries };
  return { kind: "due", at: (last.endedAt ?? last.changedAt) + pause, tries };
}

/** One reading for all that is due; undefined: nothing is. It begins no further back than the journal goes. */
export function planRepair(
  wanted: readonly WantedRepair[],
  runs: readonly RepairRun[],
  timing: RepairTiming,
  now: number,
): WantedRepair | undefined {
  const resting = runs.some(
    (run) => run.reason === "path_silent" && (run.endedAt ?? run.changedAt) > now - timing.silentPauseMs,
  );
  const due = wanted.filter((one) => {
    if (one.why === "path_silent" && resting) return false;
    const verdict = judgeRepair(one, runs, timing, now);
    return verdict.kind === "due" && verdict.at <= now;
  });
  const first = [...due].sort((a, b) => REPAIR_REASONS.indexOf(a.why) - REPAIR_REASONS.indexOf(b.why))[0];
  if (first === undefined) return undefined;
  return {
    source: first.source,
    why: first.why,
    from: Math.min(...due.map(({ from }) => from)),
    until: Math.max(...due.map(({ until }) => until)),
  };
}

/** Readings that somebody asked for and that were cut short, as far as they were not made up for. */
export function cutShort(runs: readonly RepairRun[]): WantedRepair[] {
  return runs
    .filter((run) => run.reason === "asked" && run.state === "failed")
    .filter(
      (run) =>
        !runs.some(
          ({ source, state, startedAt, from }) =>
            source === run.source && state === "done" && startedAt > run.startedAt && from <= run.from,
        ),
    )
    .map(({ source, from, until }) => ({ source, why: "asked", from, until }));
}
