/**
 * Times as callers write them: RFC 3339, HTTP dates, and ISO 8601 durations back from now.
 */

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const DURATION =
  /^P(?=.)(?:(\d{1,6})W|(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d{1,3})?)S)?)?)$/;
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

/** @returns milliseconds of `PT6H`, `P7D`, `P1DT12H`, `P2W`; months and years have no fixed length */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  const wholeDays = (weeks ?? 0) * 7 + (days ?? 0);
  return (((wholeDays * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000;
}

/** A bound of a list: a time, or a duration back from now. */
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
