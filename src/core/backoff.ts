/**
 * Waiting times after failures: exponential, capped, with full jitter, so that many clients do not come back together.
 */
export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 500, capMs: 60_000 };

/**
 * @param failures how many in a row, from 1
 * @param random from 0 inclusive to 1 exclusive
 */
export function backoffMs({ baseMs, capMs }: Backoff, failures: number, random: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(random * ceiling);
}
