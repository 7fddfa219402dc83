/**
 * Reading fields of an event, with faults that name the place: `data.requests[3].records.created`.
 */
import { After202Error } from "./errors.ts";
import { isObject, type JsonObject } from "./json.ts";
import { NO_COUNTS, type RecordCounts } from "./record-counts.ts";

/** The largest count that the store holds (UInt32); no request comes near it. */
const MAX_COUNT = 4_294_967_295;
const MAX_TEXT_LENGTH = 1_024;
const MAX_CODES = 1_000;
/** Years that a timestamp may lie in; anything else is a fault of its sender. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** @returns an error whose `details.path` names the place, as `pathOf` reads it */
export function invalid(path: string, expected: string, value: unknown): After202Error {
  const message = `${path}: expected ${expected}, got ${describe(value)}.`;
  return new After202Error("EVENT_INVALID", message, { details: { path } });
}

/** The place of a fault within its event: `data.requests[3].records.created`; "" where it names none. */
export function pathOf(fault: After202Error): string {
  const { details } = fault;
  return isObject(details) && typeof details["path"] === "string" ? details["path"] : "";
}

export function readObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw invalid(path, "an object", value);
  return value;
}

/** A text that must be there and not be empty. */
export function readId(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "" || value.length > MAX_TEXT_LENGTH) {
    throw invalid(path, `a text of 1 to ${MAX_TEXT_LENGTH} characters`, value);
  }
  return value;
}

/** A text that may be missing: then "". */
export function readText(value: unknown, path: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string" || value.length > MAX_TEXT_LENGTH) {
    throw invalid(path, `a text of at most ${MAX_TEXT_LENGTH} characters`, value);
  }
  return value;
}

/** A whole number from 0 that may be missing: then 0. */
export function readCount(value: unknown, path: string): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_COUNT) {
    throw invalid(path, `a whole number from 0 to ${MAX_COUNT}`, value);
  }
  return value;
}

/** Counts by code; missing means none, and codes with a count of 0 are left out. */
export function readCounts(value: unknown, path: string): RecordCounts {
  if (value === undefined || value === null) return NO_COUNTS;
  const object = readObject(value, path);
  const codes = Object.keys(object);
  if (codes.length > MAX_CODES) throw invalid(path, `at most ${MAX_CODES} codes`, codes.length);
  const counts = new Map<string, number>();
  for (const code of codes) {
    const count = readCount(object[code], `${path}.${code}`);
    if (count > 0) counts.set(code.slice(0, MAX_TEXT_LENGTH), count);
  }
  return counts;
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** @returns epoch milliseconds of an RFC 3339 timestamp */
export function readTime(value: unknown, path: string): number {
  const at = typeof value === "string" && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  if (!(at >= EARLIEST_MS && at < LATEST_MS)) throw invalid(path, "an RFC 3339 time", value);
  return at;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
