/** A wait that something else can end: one waiter sleeps, anyone wakes it. A wake-up before the wait ends the next one. */
import type { Clock } from "../core/ports.ts";

export interface Latch {
  /** Resolves after `ms`, or as soon as somebody wakes it; never rejects. */
  wait(ms: number): Promise<void>;
  wake(): void;
}

/** Timers of Node hold 2^31 ms; whoever waits looks again in between. */
const LONGEST_MS = 60 * 60 * 1_000;

export function createLatch(clock: Clock): Latch {
  let waiting: AbortController | undefined;
  let woken = false;
  return {
    async wait(ms) {
      if (!woken && ms > 0) {
        waiting = new AbortController();
        await clock.sleep(Math.min(ms, LONGEST_MS), waiting.signal).catch(() => undefined);
        waiting = undefined;
      }
      woken = false;
    },
    wake() {
      woken = true;
      waiting?.abort();
    },
  };
}
