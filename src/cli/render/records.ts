/**
 * Where the records are: in words, and as a bar in which every part that is not empty can be seen.
 */
import type { Look } from "../terminal/look.ts";
import { codesText, countText, numberText, totalOf } from "./count-text.ts";

export interface RecordsJson {
  readonly expected: number;
  readonly created: number;
  readonly updated: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly outstanding: number;
}

/** `90 of 100 records done, 4 failed (1003 ×4), 6 outstanding` */
export function recordsText(records: RecordsJson): string {
  const { expected, created, updated, outstanding } = records;
  const failed = totalOf(records.failed);
  const parts = [`${numberText(created + updated)} of ${countText(expected, "record")} done`];
  if (failed > 0) parts.push(`${numberText(failed)} failed (${codesText(records.failed)})`);
  if (outstanding > 0) parts.push(`${numberText(outstanding)} outstanding`);
  return parts.join(", ");
}

/** The bar and its legend, which repeats the bar's signs. */
export function renderRecords(records: RecordsJson, look: Look): string {
  return renderParts({ ...records, failed: totalOf(records.failed) }, look);
}

const PARTS = [
  { name: "loaded", sign: "█", paint: "green" },
  { name: "created", sign: "█", paint: "green" },
  { name: "updated", sign: "▓", paint: "cyan" },
  { name: "failed", sign: "▒", paint: "red" },
  { name: "outstanding", sign: "░", paint: "dim" },
] as const;

type PartName = (typeof PARTS)[number]["name"];

/** @param what is counted, as a plural */
export function renderParts(
  counts: Readonly<Partial<Record<PartName, number>>>,
  { colors, width }: Look,
  what = "records",
): string {
  const parts = PARTS.map((part) => ({ ...part, count: counts[part.name] ?? 0 })).filter(
    (part) => part.count > 0,
  );
  if (parts.length === 0) return colors.dim(`no ${what} known yet`);
  const cells = shareCells(
    parts.map((part) => part.count),
    Math.min(50, width - 4),
  );
  const bar = parts.map(({ sign, paint }, index) => colors[paint](sign.repeat(cells[index] ?? 0))).join("");
  const suffix = what === "records" ? "" : ` ${what}`;
  const legend = parts.map(
    ({ count, sign, paint, name }) => `${colors[paint](sign)} ${numberText(count)}${suffix} ${name}`,
  );
  return `${bar}\n${legend.join("  ")}`;
}

/** Cells in proportion, at least one each, `width` in all (more only when there are more parts). */
export function shareCells(counts: readonly number[], width: number): number[] {
  const sum = counts.reduce((total, count) => total + count, 0);
  const cells = counts.map((count) => Math.max(1, Math.floor((count / sum) * width)));
  const largest = counts.indexOf(Math.max(...counts));
  const rest = width - cells.reduce((total, count) => total + count, 0);
  return cells.map((count, index) => (index === largest ? Math.max(1, count + rest) : count));
}
