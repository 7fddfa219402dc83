/** Ports of repair: what it asks of the store and of journals. */
import type { CoveredInterval } from "./coverage.ts";
import type { Interval } from "./interval.ts";
import type { CoverageGap, JournalCursor } from "./ports.ts";
import type { RepairRun, WantedRepair } from "./repair.ts";

export interface RepairReader {
  /** Newest first. */
  repairRuns(since: number, limit: number): Promise<RepairRun[]>;
  findRepair(repairId: string): Promise<RepairRun | undefined>;
}

export interface RepairStore extends RepairReader {
  saveRepair(run: RepairRun): Promise<void>;
  recordedGaps(since: number): Promise<CoverageGap[]>;
  coveredIntervals(): Promise<CoveredInterval[]>;
  recordCovered(interval: CoveredInterval): Promise<void>;
  /**
   * Intervals in [since, until) of events that other sources brought and no journal did, by minutes that touch; what was
   * first seen after `seenBefore` may still come.
   */
  silentIntervals(since: number, until: number, seenBefore: number): Promise<Interval[]>;
  journalCursors(): Promise<readonly JournalCursor[]>;
}

/** How far a reading has come. */
export interface ReadingProgress {
  readonly pages: number;
  readonly events: number;
  readonly fresh: number;
  readonly duplicate: number;
  readonly dead: number;
  readonly reachedAt: number | null;
}

export interface ReadingEnd {
  /** From when on nothing is missing of what arrived until it began. */
  readonly provenFrom: number;
}

/** A journal that can be read again, beside the source that reads it as it goes on. */
export interface ReadableJournal {
  readonly source: string;
  /**
   * Reads what arrived from `from` until now, and stores it. Rejects with the signal's reason, or with SERVICE_UNREACHABLE
   * when the journal gives nothing for too long.
   */
  readAgain(
    from: number,
    onProgress: (progress: ReadingProgress) => void,
    signal: AbortSignal,
  ): Promise<ReadingEnd>;
}

/** What is to be read again, as somebody else finds it out. */
export type RepairFinder = (sources: readonly string[], now: number) => Promise<readonly WantedRepair[]>;

/** Repair, as the API sees it. */
export interface RepairDesk {
  /**
   * Reads journals again from `since` on: that of the name, or all of this process; of a process that reads none, all that
   * others read. What this process does not read waits in the store until the one that reads it takes it up.
   *
   * @throws After202Error BACKFILL_RUNNING, JOURNAL_UNKNOWN
   */
  ask(since: number, source?: string): Promise<RepairRun[]>;
}
