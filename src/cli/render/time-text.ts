/**
 * Times and durations in words: short, UTC, never ambiguous.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `340ms`, `2.2s`, `45s`, `2m 12s`, `1h 5m`, `2d 3h`; the sign is dropped. */
export function durationText(durationMs: number): string {
  const ms = Math.abs(durationMs);
  if (ms < SECOND_MS) return `${Math.round(ms)}ms`;
  if (ms < 9.95 * SECOND_MS) return `${Number((ms / SECOND_MS).toFixed(1))}s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return two(Math.floor(seconds / 60), "m", seconds % 60, "s");
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 24 * 60) return two(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.round(ms / HOUR_MS);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

function two(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${unit}` : `${large}${unit} ${small}${smallUnit}`;
}

/** `in 12m` or `12m ago`. */
export function fromNow(at: number, now: number): string {
  return at >= now ? `in ${durationText(at - now)}` : `${durationText(now - at)} ago`;
}

/** `+2m 12s` after the start, `-3s` before it. */
export function sinceStart(at: number, start: number): string {
  if (at === start) return "start";
  return `${at > start ? "+" : "-"}${durationText(at - start)}`;
}

/** `13:05:00`, with milliseconds where they tell something. */
export function clockText(at: number, withMs = false): string {
  return new Date(at).toISOString().slice(11, withMs ? 23 : 19);
}

export function dateText(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `13:05:00 UTC`; with the date where that is not today's. */
export function momentText(at: number, now: number): string {
  const time = `${clockText(at)} UTC`;
  return Math.floor(at / DAY_MS) === Math.floor(now / DAY_MS) ? time : `${dateText(at)} ${time}`;
}
