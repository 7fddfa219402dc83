/**
 * What one Marketo instance holds: enough of each record to tell a new one from a known one, and whom a link finds.
 *
 * Values compare without regard to case. Bounded: the oldest records are forgotten first.
 */
import type { CustomObjectSettings } from "../options.ts";
import type { RecordBody } from "./endpoints.ts";

/** What became of one record: stored, or refused with a failure code. */
export type Stored = "created" | "updated" | { readonly code: string };

export interface Database {
  /** @param dedupeFields all must match (AND) for a person to be the same */
  upsertPerson(record: RecordBody, dedupeFields: readonly string[]): Stored;
  /** Upserts any other record under its identity; `kind` keeps objects of different types apart. */
  upsert(kind: string, record: RecordBody, identityFields: readonly string[]): Stored;
  remove(kind: string, record: RecordBody, identityFields: readonly string[]): Stored;
  /** How many persons carry this value in a link field. */
  personsBy(field: string, value: string): number;
  size(): number;
}

const INVALID_DATA = "1003";
const NOT_FOUND = "1013";

export function createDatabase(
  objects: Readonly<Record<string, CustomObjectSettings>>,
  maxRecords: number,
): Database {
  const linkFields = [...new Set(["email", ...Object.values(objects).map((object) => object.linkField)])];
  /** By identity: the link values under which the record is found; none but for persons. */
  const records = new Map<string, readonly string[]>();
  const persons = new Map<string, number>();

  function store(key: string, links: readonly string[]): Stored {
    const known = records.get(key);
    for (const link of known ?? []) release(link);
    for (const link of links) persons.set(link, (persons.get(link) ?? 0) + 1);
    records.set(key, links);
    if (records.size > maxRecords) forgetOldest();
    return known === undefined ? "created" : "updated";
  }

  function release(link: string): void {
    const left = (persons.get(link) ?? 0) - 1;
    if (left > 0) persons.set(link, left);
    else persons.delete(link);
  }

  function forgetOldest(): void {
    const oldest = records.entries().next().value;
    if (oldest === undefined) return;
    for (const link of oldest[1]) release(link);
    records.delete(oldest[0]);
  }

  return {
    upsertPerson(record, dedupeFields) {
      const values = dedupeFields.map((field) => valueOf(record, field));
      if (values.includes(undefined)) return { code: INVALID_DATA };
      const links = linkFields.flatMap((field) => {
        const value = valueOf(record, field);
        return value === undefined ? [] : [`${field}=${value}`];
      });
      return store(`person/${dedupeFields.join("&")}/${values.join("&")}`, links);
    },
    upsert: (kind, record, fields) => store(`${kind}/${identity(record, fields)}`, []),
    remove(kind, record, fields) {
      return records.delete(`${kind}/${identity(record, fields)}`) ? "updated" : { code: NOT_FOUND };
    },
    personsBy: (field, value) => persons.get(`${field}=${value}`) ?? 0,
    size: () => records.size,
  };
}

/** A field's value for comparing; undefined if absent, empty, or no scalar. */
export function valueOf(record: RecordBody, field: string): string | undefined {
  const value = record[field];
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim().toLowerCase();
  return text === "" ? undefined : text;
}

function identity(record: RecordBody, fields: readonly string[]): string {
  const values = fields.map((field) => valueOf(record, field));
  return values.some((value) => value !== undefined) ? values.join("&") : JSON.stringify(record);
}
