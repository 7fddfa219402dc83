/**
 * Which requests may have settled since it was last asked: those with new facts, in the order in which these were stored, and
 * those whose deadline has passed, in bands of the time they began at.
 *
 * Each has a cursor in the store, which moves once its requests were exported: after a crash some are found again.
 */
import { createHash } from "node:crypto";
import type { InstanceSet } from "../core/alert-ports.ts";
import type { LifecycleSettings, SettingsByInstance } from "../core/lifecycle-settings.ts";
import type { TraceStore } from "../core/trace-ports.ts";

/** Facts become visible in another order than they are stored in: a little is read again each time, and more from time to time. */
const OVERLAP_MS = 3_000;
const LONG_OVERLAP_MS = 120_000;
const LONG_OVERLAP_EVERY_MS = 30_000;
/** What stood still catches up in bands of at most so much. */
const LONGEST_BAND_MS = 5 * 60_000;
const SAVE_EVERY_MS = 5_000;

export interface SettledBand {
  readonly requestIds: readonly string[];
  /** Once they were exported. */
  done(): Promise<void>;
  /** How long ago its requests have settled at most, in milliseconds. */
  readonly behindMs: number;
}

export interface SettledOptions {
  readonly store: TraceStore;
  readonly settings: SettingsByInstance;
  /** Of all requests, 0 to 1. */
  readonly share: number;
}

interface Deadline {
  readonly name: string;
  readonly instances: InstanceSet;
  readonly afterMs: number;
}

export class SettledRequests {
  private readonly options: SettledOptions;
  private readonly deadlines: readonly Deadline[];
  private readonly cursors = new Map<string, number>();
  private readonly saved = new Map<string, number>();
  /** Arrivals that were given, so long as they may be read again. */
  private readonly given = new Map<string, number>();
  private lookedFarBackAt = Number.NEGATIVE_INFINITY;

  constructor(options: SettledOptions) {
    this.options = options;
    this.deadlines = listDeadlines(options.settings);
  }

  /** @param asOf up to when the stream has been read; what did not come until then is missing */
  async *bands(now: number, asOf: number): AsyncGenerator<SettledBand> {
    const lagMs = Math.max(0, ...(await this.options.store.queueLags(asOf)).values());
    const due = this.deadlines.map((one) => ({ one, end: asOf - one.afterMs - lagMs }));
    // all begin at the same time, whether or not the collector takes what the first ones find
    for (const { one, end } of due) await this.cursorOf(one.name, end);
    yield* this.arrivals(now);
    for (const { one, end } of due) yield* this.passed(one, end);
  }

  private async *arrivals(now: number): AsyncGenerator<SettledBand> {
    const { store, share } = this.options;
    let overlapMs = OVERLAP_MS;
    if (now - this.lookedFarBackAt >= LONG_OVERLAP_EVERY_MS) {
      overlapMs = LONG_OVERLAP_MS;
      this.lookedFarBackAt = now;
    }
    for (;;) {
      const since = await this.cursorOf("traces arrivals", now);
      const until = Math.min(now, since + LONGEST_BAND_MS);
      if (until <= since) return;
      const rows = await store.arrivedBetween(since - overlapMs, until, share);
      const fresh = rows.filter(({ requestId, at }) => !this.given.has(`${at} ${requestId}`));
      yield {
        requestIds: [...new Set(fresh.map((one) => one.requestId))],
        behindMs: now - since,
        done: async () => {
          for (const { requestId, at } of fresh) this.given.set(`${at} ${requestId}`, at);
          for (const [key, at] of this.given) {
            if (at >= until - LONG_OVERLAP_MS - LONGEST_BAND_MS) break;
            this.given.delete(key);
          }
          await this.move("traces arrivals", until);
        },
      };
    }
  }

  private async *passed({ name, instances }: Deadline, end: number): AsyncGenerator<SettledBand> {
    for (;;) {
      const since = await this.cursorOf(name, end);
      const until = Math.min(end, since + LONGEST_BAND_MS);
      if (until <= since) return;
      const all = await this.options.store.requestsInBand(instances, since, until);
      yield {
        requestIds: all.filter((id) => isInShare(id, this.options.share)),
        behindMs: end - since,
        done: () => this.move(name, until),
      };
    }
  }

  /** What is new begins now: a store full of history is not exported. */
  private async cursorOf(name: string, fallback: number): Promise<number> {
    const { store } = this.options;
    const known = this.cursors.get(name) ?? (await store.loadSweepCursor(name));
    if (known === undefined) await store.saveSweepCursor(name, fallback);
    this.cursors.set(name, known ?? fallback);
    return known ?? fallback;
  }

  private async move(name: string, until: number): Promise<void> {
    this.cursors.set(name, until);
    if (until - (this.saved.get(name) ?? Number.NEGATIVE_INFINITY) < SAVE_EVERY_MS) return;
    this.saved.set(name, until);
    await this.options.store.saveSweepCursor(name, until);
  }
}

/** By the beginning of the trace's id, so that whoever samples by it agrees. */
function isInShare(requestId: string, share: number): boolean {
  return createHash("sha256").update(requestId).digest().readUInt32BE(0) < share * 2 ** 32;
}

/** A request is given up at one of two times after it began: with its link window, or after the last retry. */
function listDeadlines(settings: SettingsByInstance): Deadline[] {
  const own = [...settings.keys()].filter((instance) => instance !== "");
  return [...settings].flatMap(([instance, one]) =>
    timesOf(one).map((afterMs) => ({
      name: `traces deadline ${instance} ${afterMs}`,
      instances: instance === "" ? { except: own } : { only: [instance] },
      afterMs,
    })),
  );
}

function timesOf({ policy, graceMs }: LifecycleSettings): number[] {
  const last = Math.max(0, ...policy.retryAfterMs);
  return [...new Set([policy.linkWindowMs, policy.linkWindowMs + graceMs, last + graceMs])];
}
