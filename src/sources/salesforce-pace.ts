/**
 * How often Data Cloud is asked about its bulk jobs: young ones often, old ones seldom, and never many at once.
 *
 * All times are wall-clock milliseconds; against a simulator, whose clock runs faster, they shrink with it, down to a floor.
 */

export interface Pace {
  /** Between two questions about one job, at least and at most. */
  readonly shortestMs: number;
  readonly longestMs: number;
  /** Between two looks into the ledger, and into the tenant's own list. */
  readonly refreshMs: number;
  readonly discoverMs: number;
  /** After each question, whatever it was about. */
  readonly pauseMs: number;
  /** Jobs that began earlier are not looked for: the service keeps open ones for 7 days. */
  readonly oldestMs: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const FLOOR_MS = 200;
/** A job is asked about again after such a share of the time that it has been in its state. */
const SHARE = 0.1;

export function paceOf(speed: number): Pace {
  const scaled = (ms: number): number => Math.max(Math.min(ms, FLOOR_MS), ms / speed);
  return {
    shortestMs: scaled(10 * SECOND_MS),
    longestMs: scaled(5 * MINUTE_MS),
    refreshMs: scaled(15 * SECOND_MS),
    discoverMs: scaled(MINUTE_MS),
    pauseMs: Math.min(50, 50 / speed),
    oldestMs: 8 * 24 * 60 * MINUTE_MS,
  };
}

/** @param inStateMs how long the job has been in its state */
export function askInterval(pace: Pace, inStateMs: number): number {
  return Math.min(pace.longestMs, Math.max(pace.shortestMs, inStateMs * SHARE));
}
