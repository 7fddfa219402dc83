/** Counts in words. */
import { printable } from "../terminal/printable.ts";

/** `1 request`, `1,200 requests`. */
export function countText(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function numberText(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1003 ×3, 1006 ×2`, the most frequent first. */
export function codesText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([code, count]) => `${printable(code)} ×${numberText(count)}`)
    .join(", ");
}

export function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
