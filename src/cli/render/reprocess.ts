/** What running events again would change, or has changed, on a terminal. */
import type { FactExample } from "../../core/reprocess-report.ts";
import type { ReprocessLine } from "../service-answers.ts";
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";
import { countText, numberText } from "./count-text.ts";

export function renderReprocess(line: ReprocessLine, look: Look): string {
  const { events, facts, examples } = line;
  const rows: [string, number, string][] = [
    ["same", facts.same, ""],
    ["new", facts.new, "not stored so far"],
    ["changed", facts.changed, outrankedText(facts.outranked)],
    ["gone", facts.gone, facts.gone === 0 ? "" : "no event makes them now; they stay"],
  ];
  const width = Math.max(...rows.map(([, count]) => numberText(count).length));
  const table = rows.map(([name, count, note]) =>
    `  ${name.padEnd(8)} ${numberText(count).padStart(width)}  ${look.colors.dim(note)}`.trimEnd(),
  );
  const parts = [
    `${countText(events.read, "event")} stored from ${line.since} to ${line.until}, by decoder version ${line.decoderVersion}`,
    `facts\n${table.join("\n")}`,
    ...(["changed", "new", "gone"] as const).map((kind) =>
      renderExamples(kind, facts[kind], examples[kind], look),
    ),
    renderUnreadable(line, look),
    events.withoutBody === 0
      ? ""
      : `${countText(events.withoutBody, "event")} without a body: RAW_EVENTS was off`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function outrankedText(count: number): string {
  return count === 0 ? "" : `${numberText(count)} of them stay: theirs is no older decoder`;
}

function renderExamples(name: string, count: number, examples: readonly FactExample[], look: Look): string {
  if (examples.length === 0) return "";
  const more = count > examples.length ? [`  … and ${numberText(count - examples.length)} more`] : [];
  const lines = examples.flatMap(({ requestId, eventId, fields }) => [
    `  ${printable(requestId)}  ${look.colors.dim(`event ${printable(eventId)}`)}`,
    ...fields.map(
      ({ field, before, after }) => `    ${field.padEnd(14)} ${valueText(before)} → ${valueText(after)}`,
    ),
  ]);
  return [name, ...lines, ...more].join("\n");
}

function renderUnreadable({ events, examples }: ReprocessLine, { colors, width }: Look): string {
  if (events.unreadable === 0) return "";
  const lines = examples.unreadable.flatMap(({ eventId, code, reason }) => [
    `  ${printable(eventId)}  ${colors.red(code)}`,
    `    ${wrapText(printable(reason), width - 4).replaceAll("\n", "\n    ")}`,
  ]);
  return [`${countText(events.unreadable, "event")} that can no longer be read`, ...lines].join("\n");
}

function valueText(value: unknown): string {
  if (value === null) return "–";
  return printable(JSON.stringify(value));
}
