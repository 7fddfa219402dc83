/** Rows in columns; the last column takes what is left of the width and is wrapped there. */
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";

export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { colors, width }: Look,
): string {
  const clean = rows.map((row) => row.map(printable));
  const widths = head.map((name, column) =>
    Math.max(name.length, ...clean.map((row) => row[column]?.length ?? 0)),
  );
  const last = head.length - 1;
  const indent = widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0);
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) =>
        column === last
          ? wrapText(text, Math.max(24, width - indent)).replaceAll("\n", `\n${" ".repeat(indent)}`)
          : text.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [colors.dim(line(head)), ...clean.map(line)].join("\n");
}
