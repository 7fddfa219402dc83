/**
 * A clock that stands still until a test moves it; sleepers wake in order.
 */
import type { Clock } from "../../src/core/ports.ts";

export interface ManualClock extends Clock {
  /** Moves on, waking whoever's time has come, one after the other. */
  advance(ms: number): Promise<void>;
  readonly sleepers: number;
}

interface Sleeper {
  readonly at: number;
  wake(): void;
}

export function createManualClock(start: number): ManualClock {
  let now = start;
  const sleepers = new Set<Sleeper>();

  /** Lets everything run that does not wait for time. */
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        const sleeper: Sleeper = { at: now + ms, wake: () => leave(resolve) };
        const abort = (): void => leave(() => reject(new Error("aborted")));
        const leave = (then: () => void): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", abort);
          then();
        };
        if (signal?.aborted === true) return reject(new Error("aborted"));
        sleepers.add(sleeper);
        signal?.addEventListener("abort", abort);
      });
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > until) break;
        now = Math.max(now, next.at);
        next.wake();
        await settle();
      }
      now = until;
      await settle();
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}
