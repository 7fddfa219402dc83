/**
 * A request for human readers: the sentence, the facts, the records, the timeline. Pure: JSON in, text out.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";
import { anomalyText } from "./anomaly.ts";
import { headlineOf } from "./headline.ts";
import { isJob, renderRows } from "./job.ts";
import { renderRecords } from "./records.ts";
import { paintState } from "./state.ts";
import { renderTimeline } from "./timeline.ts";

/**
 * @param now epoch milliseconds; durations to come and gone count from it
 * @param persons what is to be said of the persons that it waits for; empty: nothing
 */
export function renderLifecycle(one: LifecycleJson, now: number, look: Look, persons = ""): string {
  const { colors, width } = look;
  const headline = wrapText(headlineOf(one, now), width);
  const sections = [
    paintState(one.state, colors.bold(headline), colors),
    factLines(one)
      .map(([name, text]) => `${colors.dim(name.padEnd(12))} ${wrapText(text, width - 13, " ".repeat(13))}`)
      .join("\n"),
    ...recordsOf(one, look),
    ...(persons === "" ? [] : [persons]),
    renderTimeline(one, now, look),
  ];
  if (one.anomalies.length > 0) {
    sections.push(
      one.anomalies.map((code) => colors.yellow(wrapText(`! ${anomalyText(code)}`, width, "  "))).join("\n"),
    );
  }
  return sections.join("\n\n");
}

function recordsOf(one: LifecycleJson, look: Look): string[] {
  if (one.state === "rejected" || !one.verifiable) return []; // nothing was taken, or nothing is known
  return [isJob(one) ? renderRows(one, look) : renderRecords(one.records, look)];
}

function factLines(one: LifecycleJson): [string, string][] {
  const what = [one.operation, one.objectType, one.objectName].filter((text) => text !== "").join(" ");
  const from = [one.requestSource, one.clientId].filter((text) => text !== "").join(", as ");
  const labels = Object.entries(one.labels).map(([name, value]) => `${name}=${value}`);
  const lines: [string, string][] = [
    ["request", one.requestId],
    ["correlation", one.correlationId],
    ["what", what + (one.linkBearing ? ", linked to persons" : "")],
    ["where", [one.target, one.instance].filter((text) => text !== "").join(" ")],
    ["from", from],
    ["priority", one.priority === "normal" ? "" : one.priority],
    ["retries", one.retry === null ? "" : `policy ${one.retry.policy}`],
    ["labels", labels.join(", ")],
  ];
  return lines.filter(([, text]) => text !== "").map(([name, text]) => [name, printable(text)]);
}
