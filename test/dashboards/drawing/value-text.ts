/** Values as Grafana writes them, in the units that our panels use. */

const SCALES: readonly (readonly [size: number, sign: string])[] = [
  [1e12, " Tri"],
  [1e9, " Bil"],
  [1e6, " Mil"],
  [1e3, " K"],
];
const DURATIONS: readonly (readonly [seconds: number, sign: string])[] = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "min"],
  [1, "s"],
];

export function valueText(value: unknown, unit = "none", decimals?: number): string {
  if (value === null || value === undefined || value === "") return "";
  if (unit.startsWith("dateTime")) return timeText(String(value), unit);
  const number = Number(value);
  if (Number.isNaN(number)) return String(value);
  switch (unit) {
    case "percentunit":
      return `${(number * 100).toFixed(decimals ?? 1)}%`;
    case "s":
    case "dtdurations": {
      const [size, sign] = DURATIONS.find(([seconds]) => Math.abs(number) >= seconds) ?? [1, "s"];
      return `${trim(number / size, decimals ?? 1)} ${sign}${size > 1 && number >= 2 * size ? "s" : ""}`;
    }
    case "short": {
      const [size, sign] = SCALES.find(([one]) => Math.abs(number) >= one) ?? [1, ""];
      return `${trim(number / size, size === 1 ? (decimals ?? 2) : 2)}${sign}`;
    }
    default:
      return trim(number, decimals ?? 2);
  }
}

function trim(number: number, decimals: number): string {
  return String(Number(number.toFixed(decimals)));
}

function timeText(text: string, unit: string): string {
  const at = new Date(`${text.replace(" ", "T")}Z`);
  if (unit !== "dateTimeFromNow") return text.slice(0, 19);
  return `${valueText((Date.now() - at.getTime()) / 1_000, "s", 0)} ago`;
}
