/**
 * Figures as a table for people.
 */
import type { Aim, Figure } from "./figure.ts";

const HEAD = ["name", "unit", "median", "p99", "n", "aim", "ok?"];
const NUMERIC = new Set(["median", "p99", "n", "before", "now", "ratio"]);

/** `ingest, raw bodies on: 53,500 results/s (aim ≥ 60,000: NO)` */
export function figureLine({ name, unit, median, p99, aim, ok }: Figure): string {
  const spread = p99 === null ? "" : `, p99 ${shown(p99)}`;
  const verdict = aim === null ? "" : ` (aim ${aimText(aim)}: ${verdictOf(ok) || "?"})`;
  return `${name}: ${shown(median)} ${unit}${spread}${verdict}`;
}

export function figureTable(figures: readonly Figure[]): string {
  return tableOf(
    HEAD,
    figures.map((figure) => [
      figure.name,
      figure.unit,
      shown(figure.median),
      figure.p99 === null ? "" : shown(figure.p99),
      String(figure.n),
      figure.aim === null ? "" : aimText(figure.aim),
      verdictOf(figure.ok),
    ]),
  );
}

/** The ratio of each median (and p99) to that of an earlier run. */
export function comparisonTable(now: readonly Figure[], before: readonly Figure[]): string {
  const rows: string[][] = [];
  for (const figure of now) {
    const other = before.find((one) => one.name === figure.name && one.unit === figure.unit);
    if (other === undefined) continue;
    rows.push([figure.name, figure.unit, "median", ...ratioCells(other.median, figure.median)]);
    if (other.p99 !== null && figure.p99 !== null) {
      rows.push(["", figure.unit, "p99", ...ratioCells(other.p99, figure.p99)]);
    }
  }
  return tableOf(["name", "unit", "of", "before", "now", "ratio"], rows);
}

function verdictOf(ok: boolean | null): string {
  return ok === null ? "" : ok ? "yes" : "NO";
}

function ratioCells(before: number, now: number): string[] {
  return [shown(before), shown(now), before === 0 ? "" : (now / before).toFixed(2)];
}

function aimText({ atLeast, atMost, p99AtMost }: Aim): string {
  return [
    atLeast === undefined ? [] : [`≥ ${shown(atLeast)}`],
    atMost === undefined ? [] : [`≤ ${shown(atMost)}`],
    p99AtMost === undefined ? [] : [`p99 ≤ ${shown(p99AtMost)}`],
  ]
    .flat()
    .join(", ");
}

function shown(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-GB", { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        NUMERIC.has(head[column] ?? "")
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
