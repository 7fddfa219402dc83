/**
 * Times as callers write them: RFC 3339, HTTP dates, and ISO 8601 durations back from now.
 */
import { parseDuration } from "../core/duration.ts";

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
/** Anything outside is a fault of its sender. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** @returns epoch milliseconds; undefined when the text is no RFC 3339 time from 2000 to 2099 */
export function parseTime(text: string): number | undefined {
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  if (year === undefined || Number(day) > daysIn(Number(year), Number(month))) return undefined;
  return plausible(Date.parse(text));
}

/** @returns epoch milliseconds of an HTTP date (`Sun, 06 Nov 2026 08:49:37 GMT`) */
export function parseHttpDate(text: string): number | undefined {
  return HTTP_DATE.test(text) ? plausible(Date.parse(text)) : undefined;
}

/** A bound of a list: a time, or a duration back from now (`PT6H`, `6h`). */
export function parseBound(text: string, now: number): number | undefined {
  const backMs = parseDuration(text);
  return backMs === undefined ? parseTime(text) : Math.max(0, now - backMs);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function plausible(at: number): number | undefined {
  return at >= EARLIEST_MS && at < LATEST_MS ? at : undefined;
}
