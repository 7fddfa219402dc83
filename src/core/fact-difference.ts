/**
 * In what two facts of one identity differ: the version aside, which says which of them counts.
 */
import type { Fact, ResultFact } from "./fact.ts";
import { isObject } from "./json.ts";
import { countsJson, type RecordCounts } from "./record-counts.ts";

export interface FieldDifference {
  readonly field: string;
  /** null: there was none. */
  readonly before: unknown;
  readonly after: unknown;
}

/** What of a fact that came or went is worth telling. */
const COUNTS = ["received", "created", "updated", "failed"] as const;

/** None: their content is the same. */
export function differenceOf(before: Fact, after: Fact): FieldDifference[] {
  const old: Record<string, unknown> = { ...before };
  const young: Record<string, unknown> = { ...after };
  const fields = new Set([...Object.keys(old), ...Object.keys(young)]);
  fields.delete("version");
  return [...fields]
    .filter((field) => textOf(old[field]) !== textOf(young[field]))
    .map((field) => ({ field, before: shown(old[field]), after: shown(young[field]) }));
}

export function comingOf(fact: ResultFact): FieldDifference[] {
  return COUNTS.map((field) => ({ field, before: null, after: shown(fact[field]) }));
}

export function goingOf(fact: ResultFact): FieldDifference[] {
  return COUNTS.map((field) => ({ field, before: shown(fact[field]), after: null }));
}

function shown(value: unknown): unknown {
  return value instanceof Map ? countsJson(value as RecordCounts) : (value ?? null);
}

/** The store keeps well-formed text, and counts by code in the order of the codes. */
function textOf(value: unknown): string {
  if (value instanceof Map) return textOf(countsJson(value as RecordCounts));
  if (typeof value === "string") return value.toWellFormed();
  if (!isObject(value)) return JSON.stringify(value) ?? "";
  const entries = Object.entries(value).map(([key, one]) => [key.toWellFormed(), one] as const);
  return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
