/**
 * `Retry-After`: seconds, or an HTTP date (RFC 9110, section 10.2.3), bounded.
 */

const LONGEST_MS = 60 * 60 * 1_000;

/** @returns milliseconds to wait, at most an hour; undefined where the header says nothing that can be read */
export function parseRetryAfter(value: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? "";
  if (text === "") return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  if (!Number.isFinite(waitMs)) return undefined;
  return Math.min(Math.max(waitMs, 0), LONGEST_MS);
}
