/**
 * Rows as text: JSONCompactEachRow, built by hand, since the insert's speed hangs on it.
 *
 * DateTime64 columns take integer ticks (milliseconds), UInt64 takes decimals as they are.
 */
import { type RecordCounts, sortedCounts } from "../core/record-counts.ts";

/** Most texts are plain ASCII without quotes: those need no escaping. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text.toWellFormed());
}

/** Two columns: the codes in sorted order, and their counts. */
export function countColumns(counts: RecordCounts): string {
  if (counts.size === 0) return "[],[]";
  const sorted = sortedCounts(counts);
  return `[${sorted.map(([code]) => quote(code)).join(",")}],[${sorted.map(([, count]) => count).join(",")}]`;
}

/**
 * Rows joined by newlines, a few hundred at a time: one join over all of them would keep every row's pieces alive through
 * several rounds of the garbage collector, which then costs more than the encoding.
 */
export function joinRows<Row>(rows: readonly Row[], encode: (row: Row) => string): string {
  const blocks: string[] = [];
  for (let from = 0; from < rows.length; from += ROWS_A_BLOCK) {
    blocks.push(
      rows
        .slice(from, from + ROWS_A_BLOCK)
        .map((row) => encode(row))
        .join("\n"),
    );
  }
  return blocks.join("\n");
}

const ROWS_A_BLOCK = 500;
