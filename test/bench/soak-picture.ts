/**
 * A soak as a picture: small multiples over one axis of time, kills as dashed lines.
 */
import { quantile } from "./figure.ts";
import type { Sample } from "./soak-samples.ts";

const WIDTH = 1_000;
const LEFT = 70;
const RIGHT = 190;
const TOP = 48;
const PANEL = 110;
const GAP = 34;
const COLOURS = ["#1f6feb", "#d1242f"];

interface Line {
  readonly name: string;
  readonly value: (sample: Sample) => number | null;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

const PANELS: readonly Panel[] = [
  { title: "Resident memory of the service, MB", lines: [{ name: "RSS", value: (one) => one.rssMB }] },
  {
    title: "Status by id over HTTP, ms",
    lines: [
      { name: "p50", value: (one) => one.statusP50Ms },
      { name: "p99", value: (one) => one.statusP99Ms },
    ],
  },
  { title: "Age of the newest durable event, s", lines: [{ name: "lag", value: (one) => one.lagSeconds }] },
  {
    title: "Events emitted and not yet durable",
    lines: [{ name: "behind", value: (one) => one.eventsBehind }],
  },
  { title: "Active parts of all tables", lines: [{ name: "parts", value: (one) => one.parts }] },
  { title: "Disk, MB", lines: [{ name: "disk", value: (one) => one.diskMB }] },
];

/** An SVG document. @param kills seconds since the soak began */
export function drawSoak(title: string, samples: readonly Sample[], kills: readonly number[]): string {
  const until = Math.max(1, ...samples.map((one) => one.seconds));
  const x = (seconds: number): number => LEFT + (seconds / until) * (WIDTH - LEFT - RIGHT);
  const height = TOP + PANELS.length * (PANEL + GAP) + 10;
  const panels = PANELS.map((panel, index) => {
    const top = TOP + index * (PANEL + GAP) + 18;
    const dashes = kills.map(
      (at) => `<path d="M${round(x(at))} ${top}v${PANEL - 18}" stroke="#888" stroke-dasharray="3 3"/>`,
    );
    return [...dashes, drawPanel(panel, samples, top, x)].join("\n");
  });
  const minutes = until / 60;
  const step = [1, 2, 5, 10].find((one) => minutes / one <= 10) ?? 30;
  const ticks = Array.from({ length: Math.floor(minutes / step) + 1 }, (_, i) =>
    text(x(i * step * 60), height - 8, `${i * step} min`, "middle"),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height + 12}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="26" font-size="16">${escape(title)}</text>
${panels.join("\n")}
${ticks.join("\n")}
</svg>
`;
}

function drawPanel(
  panel: Panel,
  samples: readonly Sample[],
  top: number,
  x: (seconds: number) => number,
): string {
  const bottom = top + PANEL - 18;
  const values = panel.lines.flatMap(({ value }) => samples.map(value)).filter((one) => one !== null);
  // the few highest may leave the panel: they are told beside it, and the others are seen
  const highest = niceCeiling(values.length === 0 ? 0 : quantile(values, 0.97));
  const y = (value: number): number => bottom - (Math.min(value, highest) / highest) * (bottom - top);
  const grid = [0, highest / 2, highest].map(
    (value) =>
      `<path d="M${LEFT} ${round(y(value))}H${WIDTH - RIGHT}" stroke="#ddd"/>` +
      text(LEFT - 6, y(value) + 4, value.toLocaleString("en-GB"), "end"),
  );
  const lines = panel.lines.map(({ name, value }, index) => {
    const points = samples.flatMap((one) => {
      const at = value(one);
      return at === null ? [] : [`${round(x(one.seconds))},${round(y(at))}`];
    });
    const own = samples.map(value).filter((one) => one !== null);
    const label = `${name} ${shown(own.at(-1) ?? 0)}, at most ${shown(Math.max(0, ...own))}`;
    return (
      `<polyline fill="none" stroke="${COLOURS[index]}" stroke-width="1.5" points="${points.join(" ")}"/>` +
      text(WIDTH - RIGHT + 8, top + 12 + index * 16, label, "start", COLOURS[index])
    );
  });
  return [text(LEFT, top - 6, panel.title, "start"), ...grid, ...lines].join("\n");
}

function shown(value: number): string {
  return value.toLocaleString("en-GB", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** 1, 2 or 5 times a power of ten, no less than that. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((one) => one * power >= value) ?? 10) * power;
}

function text(x: number, y: number, content: string, anchor: string, fill = "#333"): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${fill}">${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function round(value: number): string {
  return value.toFixed(1);
}
