/** Sizes in words: `340 B`, `1.5 MB`, as upstream counts them, a thousand to a step. */

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytesText(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const amount = bytes / 1_000 ** step;
  return `${step === 0 || amount >= 99.5 ? Math.round(amount) : Number(amount.toFixed(1))} ${UNITS[step] ?? ""}`;
}
