/**
 * The question for problem records, and its answer: how many rows failed inside, by error code.
 *
 * Nothing documented ties a problem record to a job. One job of an object runs at a time, so what was recorded for the object
 * between a job's creation and a while after its end is taken for the job's; rows that streaming lost then are among them.
 */
import type { RecordCounts } from "../core/record-counts.ts";
import { isObject } from "../core/json.ts";

/** Where the problem records of an object lie; names are checked, they go into a statement as they are. */
export interface ProblemTable {
  /** As bulk jobs name it. */
  readonly object: string;
  readonly table: string;
  /** Of the table: when a record was made. */
  readonly timeColumn: string;
}

const MOST_CODES = 1_000;
const NAME = /^[A-Za-z_]\w{0,254}$/;
const NO_CODE = "unknown";

export function isSqlName(text: string): boolean {
  return NAME.test(text);
}

/** @throws RangeError for a name that is none */
export function problemStatement({ table, timeColumn }: ProblemTable, since: number, until: number): string {
  if (!isSqlName(table) || !isSqlName(timeColumn))
    throw new RangeError("a name in SQL has letters, digits and _");
  const time = (at: number): string => `TIMESTAMP '${new Date(at).toISOString()}'`;
  return (
    `SELECT error_code__c, COUNT(*) AS rows_failed FROM ${table} ` +
    `WHERE ${timeColumn} >= ${time(since)} AND ${timeColumn} < ${time(until)} ` +
    `GROUP BY error_code__c LIMIT ${MOST_CODES}`
  );
}

/** Rows come as lists, in the order that `metadata` tells, or as objects. @returns undefined when it cannot be read */
export function parseProblemCounts(json: unknown): RecordCounts | undefined {
  if (!isObject(json) || !Array.isArray(json["data"])) return undefined;
  const place = placesOf(json["metadata"]);
  const counts = new Map<string, number>();
  for (const row of json["data"] as unknown[]) {
    const [code, count] = Array.isArray(row)
      ? [row[place.code] as unknown, row[place.count] as unknown]
      : isObject(row)
        ? [row["error_code__c"], row["rows_failed"]]
        : [];
    const failed = Number(count);
    if (!Number.isSafeInteger(failed) || failed < 0) return undefined;
    const name = typeof code === "string" && code !== "" ? code.slice(0, 255) : NO_CODE;
    if (failed > 0) counts.set(name, (counts.get(name) ?? 0) + failed);
  }
  return counts;
}

function placesOf(metadata: unknown): { readonly code: number; readonly count: number } {
  const at = (name: string, otherwise: number): number => {
    const column = isObject(metadata) ? metadata[name] : undefined;
    const place = isObject(column) ? Number(column["placeInOrder"]) : Number.NaN;
    return Number.isSafeInteger(place) ? place : otherwise;
  };
  return { code: at("error_code__c", 0), count: at("rows_failed", 1) };
}
