/**
 * When a failed delivery is tried again, and when it is given up: exponential, capped, with full jitter, for 24 hours.
 */

/** Durations in milliseconds of the upstream's clock: `speed` divides them. */
export interface RetryOptions {
  /** Longest wait after the first failure; doubles with each. Default 2 s. */
  readonly baseMs?: number;
  /** Longest wait at all; default 10 min. */
  readonly capMs?: number;
  /** After the notification was made; default 24 h. */
  readonly giveUpAfterMs?: number;
  /** Of a demo's faster clock; default 1. */
  readonly speed?: number;
  /** From 0 inclusive to 1 exclusive; default Math.random. */
  readonly random?: () => number;
}

export interface RetryPlan {
  readonly giveUpAfterMs: number;
  readonly speed: number;
  /** @param attempts that have failed, from 1 */
  waitMs(attempts: number): number;
}

const MINUTE = 60_000;

export function createRetryPlan(options: RetryOptions = {}): RetryPlan {
  const {
    baseMs = 2_000,
    capMs = 10 * MINUTE,
    giveUpAfterMs = 24 * 60 * MINUTE,
    speed = 1,
    random = Math.random,
  } = options;
  return {
    giveUpAfterMs: giveUpAfterMs / speed,
    speed,
    waitMs(attempts) {
      const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempts - 1, 30)) / speed;
      return Math.round(random() * ceiling);
    },
  };
}
