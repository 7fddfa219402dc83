/** Durations as people write them: `500ms`, `90s`, `15m`, `1h30m`, `7d`, or ISO 8601 as in `PT6H`. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SHORT = /^(\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const ISO_8601 = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** @returns milliseconds, or undefined when it is not a duration */
export function parseDuration(text: string): number | undefined {
  if (SHORT.test(text)) {
    let total = 0;
    for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
      total += Number(number) * (UNIT_MS[unit ?? ""] ?? 0);
    }
    return Math.round(total);
  }
  const iso = ISO_8601.exec(text);
  if (iso === null || text === "P" || text.endsWith("T")) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = iso.slice(1).map((part) => Number(part ?? 0));
  return Math.round(days * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000);
}
