/**
 * The repairer: reads journals again, when somebody asks for it, or when something of them is found to be missing.
 *
 * One reading of a journal at a time, also among processes that share a store, as far as their signs of life tell. Nothing is
 * held in memory that a restart would miss: what is missing is found again, and how often it was tried stands in the store.
 */
import { randomUUID } from "node:crypto";
import { coveredByCursor, type GapStanding, standingOf } from "../core/coverage.ts";
import { After202Error } from "../core/errors.ts";
import type { Interval } from "../core/interval.ts";
import type { Clock, Logger } from "../core/ports.ts";
import {
  cutShort,
  planRepair,
  type RepairRun,
  type RepairTiming,
  type WantedRepair,
} from "../core/repair.ts";
import type { ReadableJournal, RepairDesk, RepairFinder, RepairStore } from "../core/repair-ports.ts";

export interface RepairerOptions {
  readonly journals: readonly ReadableJournal[];
  readonly store: RepairStore;
  /** What is missing besides gaps. */
  readonly finders: readonly RepairFinder[];
  readonly timing: RepairTiming;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two looks at what is missing. */
  readonly lookMs: number;
  readonly observe?: RepairObserver;
}

export interface RepairObserver {
  /** How the gaps stand of what the journals keep; at each look. */
  gaps?(standings: readonly GapStanding[]): void;
  /** At the end of each reading. */
  ended?(run: RepairRun): void;
}

export interface Repairer extends RepairDesk {
  /** Until the signal aborts; a reading that is under way then is cut short, and tried again later. */
  run(signal: AbortSignal): Promise<void>;
  /** One look; resolves when what it has begun has ended. For tests. */
  look(): Promise<void>;
}

/** Progress is stored so often, by the machine's clock. */
const SAVE_EVERY_MS = 500;
const MOST_RUNS = 1_000;
/** A journal whose cursor was not saved for so long is not read any more: one at its end saves it each minute. */
const GONE_MS = 10 * 60_000;

export function createRepairer(options: RepairerOptions): Repairer {
  return new JournalRepairer(options);
}

class JournalRepairer implements Repairer {
  private readonly options: RepairerOptions;
  private readonly stopping = new AbortController();
  /** By source. */
  private readonly underWay = new Map<string, { readonly run: RepairRun; readonly end: Promise<void> }>();

  constructor(options: RepairerOptions) {
    this.options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, lookMs } = this.options;
    const onAbort = (): void => this.stopping.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.begin();
        failing = false;
      } catch (err) {
        if (!failing && !signal.aborted)
          logger.error({ err }, "what is missing could not be found out; trying again");
        failing = true;
      }
      await clock.sleep(lookMs, signal).catch(() => undefined);
    }
    await this.ended();
  }

  async look(): Promise<void> {
    await this.begin();
    await this.ended();
  }

  async ask(since: number, source?: string): Promise<RepairRun[]> {
    const asked = await this.named(source);
    const runs = await this.runs();
    for (const name of asked) {
      const running = this.runningOf(name, runs);
      if (running === undefined) continue;
      const message = `${name} is being read again just now (${running.repairId}): wait for its end.`;
      throw new After202Error("BACKFILL_RUNNING", message, { details: { repairId: running.repairId } });
    }
    const until = this.options.clock.now();
    return Promise.all(
      asked.map((name) => {
        const wanted = { source: name, why: "asked", from: since, until } as const;
        const journal = this.options.journals.find((one) => one.source === name);
        return journal === undefined ? this.order(wanted, runs) : this.start(journal, wanted);
      }),
    );
  }

  /** The journals that somebody means. @throws After202Error JOURNAL_UNKNOWN */
  private async named(source: string | undefined): Promise<string[]> {
    const { journals, store, clock } = this.options;
    const own = journals.map((journal) => journal.source);
    if (source === undefined && own.length > 0) return own;
    if (source !== undefined && own.includes(source)) return [source];
    const readBefore = clock.now() - GONE_MS;
    const elsewhere = (await store.journalCursors())
      .filter((one) => one.savedAt >= readBefore && !own.includes(one.source))
      .map((one) => one.source);
    const found = elsewhere.filter((name) => source === undefined || name === source);
    if (found.length > 0) return found;
    const known = [...own, ...elsewhere].join(", ") || "none";
    throw new After202Error(
      "JOURNAL_UNKNOWN",
      `Journals that are read, here or by other processes: ${known}.`,
    );
  }

  /** For the process that reads this journal; one that waits already reaches as far back as the earlier of both. */
  private async order(plan: WantedRepair, runs: readonly RepairRun[]): Promise<RepairRun> {
    const waiting = runs.find((run) => run.state === "waiting" && run.source === plan.source);
    const fresh = this.runOf(plan, "waiting");
    const run =
      waiting === undefined
        ? fresh
        : { ...waiting, from: Math.min(waiting.from, fresh.from), changedAt: fresh.changedAt };
    await this.options.store.saveRepair(run);
    this.options.logger.info(told(run), "a journal is to be read again by the process that reads it");
    return run;
  }

  /** Starts what is due. */
  private async begin(): Promise<void> {
    const { journals, store, finders, timing, clock } = this.options;
    const now = clock.now();
    const [runs, gaps, found] = await Promise.all([
      this.runs(),
      this.openGaps(now),
      Promise.all(
        finders.map((find) =>
          find(
            journals.map((journal) => journal.source),
            now,
          ),
        ),
      ),
    ]);
    for (const run of runs) {
      if (run.state === "running" && this.isOver(run))
        await store.saveRepair(this.failed(run, "it was cut short"));
    }
    const wanted = [...gaps, ...found.flat(), ...cutShort(runs)];
    for (const journal of journals) {
      const own = runs.filter((run) => run.source === journal.source);
      if (this.runningOf(journal.source, own) !== undefined) continue;
      const order = own.find((run) => run.state === "waiting");
      if (order !== undefined) {
        await this.start(journal, { ...order, why: "asked", until: now }, order.repairId);
        continue;
      }
      const ended = own.filter((run) => run.state !== "running");
      const plan = planRepair(
        wanted.filter((one) => one.source === journal.source),
        ended,
        timing,
        now,
      );
      if (plan !== undefined) await this.start(journal, plan);
    }
  }

  /** What is left of gaps, as far as the journal still keeps it; what reading on has closed is put on record. */
  private async openGaps(now: number): Promise<WantedRepair[]> {
    const { store, timing, observe } = this.options;
    const oldest = now - timing.keepsMs;
    const gaps = await store.recordedGaps(oldest);
    if (gaps.length === 0) {
      observe?.gaps?.([]);
      return [];
    }
    const recorded = await store.coveredIntervals();
    const read = (await store.journalCursors()).flatMap(coveredByCursor);
    observe?.gaps?.(gaps.map((gap) => standingOf(gap, [...recorded, ...read], oldest)));
    const wanted: WantedRepair[] = [];
    for (const gap of gaps) {
      const known = standingOf(gap, recorded, oldest);
      const cursor = read.find(({ source, until }) => source === gap.source && until >= gap.until);
      if (known.state === "repaired" || cursor === undefined) continue; // reading on may close it yet
      const { state, rest } = standingOf(gap, [...recorded, cursor], oldest);
      if (lengthOf(rest) < lengthOf(known.rest)) await store.recordCovered({ ...cursor, readAt: now });
      if (state !== "open") continue;
      for (const { from, until } of rest) {
        if (until > oldest)
          wanted.push({ source: gap.source, why: gap.reason, from: Math.max(from, oldest), until });
      }
    }
    return wanted;
  }

  private runOf(plan: WantedRepair, state: RepairRun["state"], repairId: string = randomUUID()): RepairRun {
    const startedAt = this.options.clock.now();
    return {
      repairId,
      source: plan.source,
      reason: plan.why,
      state,
      from: Math.floor(Math.max(plan.from, startedAt - this.options.timing.keepsMs)),
      until: Math.ceil(plan.until),
      startedAt,
      endedAt: null,
      pages: 0,
      events: 0,
      fresh: 0,
      duplicate: 0,
      dead: 0,
      reachedAt: null,
      fault: "",
      changedAt: startedAt,
    };
  }

  /** @param repairId of an order that has waited for it */
  private async start(journal: ReadableJournal, plan: WantedRepair, repairId?: string): Promise<RepairRun> {
    const { store, logger } = this.options;
    const run = this.runOf(plan, "running", repairId);
    // before anything is awaited: nobody else of this process begins a second one
    const begun = store.saveRepair(run);
    const end = begun.then(() => this.read(journal, run)).finally(() => this.underWay.delete(journal.source));
    this.underWay.set(journal.source, { run, end });
    end.catch(() => undefined); // who asked hears of it from `begun`, or from the store
    await begun;
    logger.info(told(run), "a journal is read again");
    return run;
  }

  private async read(journal: ReadableJournal, begun: RepairRun): Promise<void> {
    const { store, clock, logger, observe } = this.options;
    let run = begun;
    const done = new AbortController();
    const saving = this.saveProgress(() => run, done.signal);
    let failure: Error | undefined;
    let provenFrom = begun.startedAt;
    try {
      const end = await journal.readAgain(
        begun.from,
        (progress) => (run = { ...run, ...progress }),
        this.stopping.signal,
      );
      provenFrom = end.provenFrom;
    } catch (error) {
      failure = error instanceof Error ? error : new Error("it ended without a reason", { cause: error });
    }
    done.abort();
    await saving;
    const endedAt = clock.now();
    if (failure === undefined) {
      run = { ...run, state: "done", endedAt, changedAt: endedAt };
      const by = run.reason === "asked" ? "backfill" : "repair";
      const { source, startedAt: until } = run;
      if (provenFrom < until)
        await store.recordCovered({ source, from: provenFrom, until, by, readAt: endedAt });
    } else {
      const isStop = this.stopping.signal.aborted;
      run = this.failed(run, isStop ? "it was cut short" : failure.message);
    }
    logger[failure === undefined ? "info" : "warn"](told(run), "reading a journal again has ended");
    observe?.ended?.(run);
    await store.saveRepair(run);
  }

  private async saveProgress(current: () => RepairRun, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.options;
    for (;;) {
      await clock.sleep(SAVE_EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      // while the store is away progress is not told; the reading itself waits for it
      await store.saveRepair({ ...current(), changedAt: clock.now() }).catch(() => undefined);
    }
  }

  private async ended(): Promise<void> {
    await Promise.allSettled([...this.underWay.values()].map(({ end }) => end));
  }

  private runs(): Promise<RepairRun[]> {
    const { store, clock, timing } = this.options;
    return store.repairRuns(clock.now() - timing.keepsMs, MOST_RUNS);
  }

  /** The reading of a journal that goes on here, or elsewhere as far as is known. */
  private runningOf(source: string, runs: readonly RepairRun[]): RepairRun | undefined {
    const own = this.underWay.get(source)?.run;
    return own ?? runs.find((run) => run.source === source && run.state === "running" && !this.isOver(run));
  }

  /** Whether a reading that calls itself running has ended without a word. */
  private isOver({ source, repairId, changedAt }: RepairRun): boolean {
    if (this.underWay.get(source)?.run.repairId === repairId) return false;
    return changedAt < this.options.clock.now() - this.options.timing.lapseMs;
  }

  private failed(run: RepairRun, fault: string): RepairRun {
    const now = this.options.clock.now();
    return { ...run, state: "failed", endedAt: now, fault, changedAt: Math.max(now, run.changedAt + 1) };
  }
}

function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { from, until }) => sum + until - from, 0);
}

function told({
  repairId,
  source,
  reason,
  from,
  until,
  state,
  events,
  fresh,
  duplicate,
  fault,
}: RepairRun): object {
  const interval = { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
  return { repairId, source, reason, ...interval, state, events, fresh, duplicate, ...(fault && { fault }) };
}
