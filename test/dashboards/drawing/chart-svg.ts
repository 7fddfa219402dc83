/** A time series panel as SVG: bars or lines, stacked or not, with axes and the legend as a table. */
import type { BoardPanel } from "../boards.ts";
import { escapeHtml, type Rows } from "./rows.ts";
import { valueText } from "./value-text.ts";

const SHADES = ["#C4162A", "#E02F44", "#F2495C", "#FF7383", "#FFA6B0"];
const PALETTE = [
  "#7EB26D",
  "#EAB839",
  "#6ED0E0",
  "#EF843C",
  "#E24D42",
  "#1F78C1",
  "#BA43A9",
  "#705DA0",
  "#508642",
];
const NAMED: Readonly<Record<string, string>> = {
  red: "#E02F44",
  green: "#56A64B",
  blue: "#3274D9",
  yellow: "#F2CC0C",
  orange: "#FF780A",
};

export function colorOf(name: string): string {
  return NAMED[name] ?? name;
}

interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: ReadonlyMap<number, number>;
}

interface Box {
  readonly width: number;
  readonly height: number;
}

export function chartSvg(
  panel: BoardPanel,
  rows: Rows,
  range: { from: number; to: number; intervalMs: number },
  box: Box,
): string {
  const lines = linesOf(panel, rows);
  const { custom = {}, unit, min = 0, max } = panel.fieldConfig?.defaults ?? {};
  const isStacked = custom.stacking !== undefined && custom.stacking.mode !== "none";
  const isBars = custom.drawStyle === "bars";
  const right = legendPlace(panel) === "right";
  const chart = right
    ? { width: box.width * 0.68, height: box.height }
    : { width: box.width, height: box.height * 0.66 };
  const times = [...new Set(lines.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  const totals = times.map((at) => lines.reduce((sum, { points }) => sum + (points.get(at) ?? 0), 0));
  const highest = Math.max(
    ...(isStacked ? totals : lines.flatMap(({ points }) => [...points.values()])),
    min + 1e-9,
  );
  const top = max ?? niceTop(highest);
  const x = (at: number): number => 52 + ((at - range.from) / (range.to - range.from)) * (chart.width - 60);
  const y = (value: number): number =>
    chart.height - 22 - ((value - min) / (top - min)) * (chart.height - 32);
  const parts = [...axes(range, chart, top, min, unit, x, y)];
  const base = new Map<number, number>();
  for (const { color, points } of lines) {
    const sorted = [...points].sort((a, b) => a[0] - b[0]);
    if (isBars) {
      const width = Math.max(1, (range.intervalMs / (range.to - range.from)) * (chart.width - 60) * 0.9);
      for (const [at, value] of sorted) {
        const from = isStacked ? (base.get(at) ?? 0) : 0;
        base.set(at, from + value);
        const height = y(from) - y(from + value);
        parts.push(
          `<rect x="${x(at).toFixed(1)}" y="${y(from + value).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${color}"/>`,
        );
      }
    } else {
      const path = sorted.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
      parts.push(`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.4"/>`);
    }
  }
  const svg = `<svg width="${chart.width}" height="${chart.height}">${parts.join("")}</svg>`;
  return `<div class="${right ? "beside" : "below"}">${svg}${legend(panel, lines, unit)}</div>`;
}

function legendPlace(panel: BoardPanel): string {
  return (panel as { options?: { legend?: { placement?: string } } }).options?.legend?.placement ?? "bottom";
}

function linesOf(panel: BoardPanel, rows: Rows): Line[] {
  const label = rows.columns.find(({ type }) => /String|Enum/.test(type))?.name;
  const values = rows.columns
    .filter(({ type }) => /^(Nullable\()?(U?Int|Float)/.test(type))
    .map(({ name }) => name);
  const lines = new Map<string, Map<number, number>>();
  for (const row of rows.rows) {
    const at = Date.parse(`${String(row["time"]).replace(" ", "T")}Z`);
    for (const value of values) {
      const name = label === undefined ? value : String(row[label]);
      const points = lines.get(name) ?? new Map<number, number>();
      points.set(at, Number(row[value]));
      lines.set(name, points);
    }
  }
  const { mode } = (panel.fieldConfig?.defaults as { color?: { mode?: string } } | undefined)?.color ?? {};
  const palette = mode === "shades" ? SHADES : PALETTE;
  return [...lines].map(([name, points], index) => {
    const own = panel.fieldConfig?.overrides.find(({ matcher }) => matcher.options === name);
    const color = (
      own?.properties.find(({ id }) => id === "color")?.value as { fixedColor?: string } | undefined
    )?.fixedColor;
    return { name, points, color: colorOf(color ?? palette[index % palette.length] ?? "") };
  });
}

function legend(panel: BoardPanel, lines: readonly Line[], unit?: string): string {
  const calcs = (panel as { options?: { legend?: { calcs?: string[] } } }).options?.legend?.calcs ?? [];
  const calculate = (calc: string, values: readonly number[]): number => {
    if (calc === "sum") return values.reduce((sum, one) => sum + one, 0);
    if (calc === "max") return Math.max(...values);
    if (calc === "min") return Math.min(...values);
    if (calc === "mean") return values.reduce((sum, one) => sum + one, 0) / values.length;
    return values.at(-1) ?? 0;
  };
  const head = `<tr><th>Name</th>${calcs.map((calc) => `<th>${calc === "lastNotNull" ? "Last *" : calc}</th>`).join("")}</tr>`;
  const body = lines.map(({ name, color, points }) => {
    const cells = calcs.map(
      (calc) => `<td class="n">${valueText(calculate(calc, [...points.values()]), unit)}</td>`,
    );
    return `<tr><td><i style="background:${color}"></i>${escapeHtml(name)}</td>${cells.join("")}</tr>`;
  });
  return `<div class="legend"><table>${head}${body.join("")}</table></div>`;
}

function niceTop(highest: number): number {
  const size = 10 ** Math.floor(Math.log10(highest));
  return [1, 1.5, 2, 3, 4, 5, 7.5, 10].map((one) => one * size).find((one) => one >= highest) ?? highest;
}

function* axes(
  range: { from: number; to: number },
  chart: Box,
  top: number,
  min: number,
  unit: string | undefined,
  x: (at: number) => number,
  y: (value: number) => number,
): Iterable<string> {
  for (let step = 0; step <= 4; step += 1) {
    const value = min + ((top - min) * step) / 4;
    yield `<line x1="52" x2="${chart.width - 8}" y1="${y(value)}" y2="${y(value)}" class="grid"/>`;
    yield `<text x="46" y="${y(value) + 4}" text-anchor="end">${valueText(value, unit)}</text>`;
  }
  const ticks = Math.max(2, Math.floor(chart.width / 110));
  for (let tick = 0; tick < ticks; tick += 1) {
    const at = range.from + ((range.to - range.from) * (tick + 0.5)) / ticks;
    yield `<text x="${x(at)}" y="${chart.height - 6}" text-anchor="middle">${new Date(at).toISOString().slice(11, 16)}</text>`;
  }
}
