/**
 * Backfill: a journal read again from some time on, beside the source that reads it as it goes on.
 *
 * It ends where the journal stood when it began, keeps no cursor, and counts exactly what was new.
 */
import { LONGEST_SILENCE_MS, provenFrom } from "../core/coverage.ts";
import { After202Error } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { ReadableJournal, ReadingProgress } from "../core/repair-ports.ts";
import { firstEventTime, lastEventTime } from "./event-time.ts";
import { createJournalSource, type JournalOptions } from "./journal.ts";

export interface ReadableJournalOptions extends Omit<
  JournalOptions,
  "start" | "resume" | "stopAtEnd" | "stopAfter" | "onExpired"
> {
  /** A journal that gives nothing for so long is given up, wall-clock time. Default 10 minutes. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10 * 60_000;
/** Few, so that the pages of the stream as it goes on find room. */
const PAGES_IN_FLIGHT = 4;

export function createReadableJournal(options: ReadableJournalOptions): ReadableJournal {
  return {
    source: options.name,
    readAgain: (from, onProgress, signal) => new Reading(options, from, onProgress).run(signal),
  };
}

class Reading {
  private readonly options: ReadableJournalOptions;
  private readonly from: number;
  private readonly onProgress: (progress: ReadingProgress) => void;
  private readonly startedAt: number;
  private readonly stop = new AbortController();
  private progress: ReadingProgress = {
    pages: 0,
    events: 0,
    fresh: 0,
    duplicate: 0,
    dead: 0,
    reachedAt: null,
  };
  private firstAt: number | undefined;
  private aliveAt: number;

  constructor(
    options: ReadableJournalOptions,
    from: number,
    onProgress: (progress: ReadingProgress) => void,
  ) {
    this.options = options;
    this.from = from;
    this.onProgress = onProgress;
    this.startedAt = options.clock.now();
    this.aliveAt = this.startedAt;
  }

  async run(signal: AbortSignal): Promise<{ provenFrom: number }> {
    signal.throwIfAborted();
    const onAbort = (): void => this.stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const watching = new AbortController();
    const watch = this.watch(this.options.clock, watching.signal);
    try {
      await this.source().run(this.stop.signal);
    } finally {
      watching.abort();
      await watch;
      signal.removeEventListener("abort", onAbort);
    }
    this.stop.signal.throwIfAborted();
    const { longestSilenceMs = LONGEST_SILENCE_MS } = this.options;
    return { provenFrom: provenFrom(this.from, this.firstAt ?? this.startedAt, longestSilenceMs) };
  }

  private source() {
    const { intake, clock } = this.options;
    return createJournalSource({
      ...this.options,
      pagesInFlight: PAGES_IN_FLIGHT,
      start: { at: "seek", back: secondsBack(this.from, clock.now()) },
      resume: false,
      stopAtEnd: true,
      stopAfter: this.startedAt,
      onExpired: () => (this.firstAt = undefined),
      intake: {
        ready: (signal) => intake.ready(signal),
        accept: async (delivery) => {
          const payload = delivery.payload as Uint8Array;
          this.firstAt ??= firstEventTime(payload) ?? undefined;
          const receipt = await intake.accept({ ...delivery, exact: true });
          this.count(receipt, lastEventTime(payload));
          return receipt;
        },
      },
    });
  }

  private count(
    { read, fresh, duplicate, dead }: { read: number; fresh: number; duplicate: number; dead: number },
    lastAt: number | null,
  ): void {
    const { progress } = this;
    this.aliveAt = this.options.clock.now();
    this.progress = {
      pages: progress.pages + 1,
      events: progress.events + read,
      fresh: progress.fresh + fresh,
      duplicate: progress.duplicate + duplicate,
      dead: progress.dead + dead,
      reachedAt: lastAt === null ? progress.reachedAt : Math.max(lastAt, progress.reachedAt ?? lastAt),
    };
    this.onProgress(this.progress);
  }

  /** Ends a reading that gets nowhere; the source itself would try for ever. */
  private async watch(clock: Clock, signal: AbortSignal): Promise<void> {
    const { patienceMs = PATIENCE_MS } = this.options;
    while (!signal.aborted) {
      await clock.sleep(patienceMs / 10, signal).catch(() => undefined);
      if (signal.aborted || clock.now() - this.aliveAt < patienceMs) continue;
      const minutes = Math.round(patienceMs / 60_000);
      this.stop.abort(
        new After202Error("JOURNAL_SILENT", `The journal has given nothing for ${minutes} minutes.`),
      );
      return;
    }
  }
}

/** ISO 8601, whole seconds, rounded up. */
function secondsBack(from: number, now: number): string {
  return `PT${Math.max(1, Math.ceil((now - from) / 1_000))}S`;
}
