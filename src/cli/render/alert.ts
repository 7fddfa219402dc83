/**
 * Alerts, as people read them: a list with a line each, and one with its history.
 */
import type { AlertDetailJson, AlertJson } from "../alert-answers.ts";
import type { Colors, Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";
import { codesText, countText, numberText, totalOf } from "./count-text.ts";
import { renderTable } from "./table.ts";
import { fromNow, momentText } from "./time-text.ts";

export function renderAlerts(alerts: readonly AlertJson[], now: number, look: Look): string {
  if (alerts.length === 0) return "no alerts";
  const rows = alerts.map((one) => [
    one.id,
    fromNow(Date.parse(one.startsAt), now),
    standing(one),
    one.severity,
    one.type,
    one.summary,
  ]);
  return renderTable(["id", "since", "status", "severity", "rule", "summary"], rows, look);
}

export function renderAlert(one: AlertDetailJson, now: number, look: Look): string {
  const { colors, width } = look;
  const at = (text: string): string => momentText(Date.parse(text), now);
  const sections = [
    paintStatus(one, `${printable(one.type)} ${standing(one)}, ${one.severity}, ${one.evidence}`, colors),
    wrapText(printable(one.summary), width),
    wrapText(`because: ${printable(one.reason)}`, width, "  "),
    timesText(one, now),
    affectedText(one),
  ];
  const { sample, count } = one.requests;
  if (sample.length > 0) {
    const ids = sample.map((id) => `  ${printable(id)}`);
    if (count > sample.length) ids.push(colors.dim(`  … and ${numberText(count - sample.length)} more`));
    sections.push(["requests, the oldest first", ...ids].join("\n"));
  }
  const history = one.history.map(({ at: when, what, reason }) => [at(when), what, reason]);
  if (history.length > 0) sections.push(renderTable(["at", "what", "why"], history, look));
  const told = one.deliveries.map(({ hook, status, attempts, nextAt, changedAt, lastError }) => [
    hook,
    status,
    String(attempts),
    at(nextAt ?? changedAt),
    lastError,
  ]);
  if (told.length > 0)
    sections.push(renderTable(["hook", "delivery", "tries", "at", "last error"], told, look));
  return sections.filter((section) => section !== "").join("\n\n");
}

/** `firing`, `firing, acknowledged by ana`, `firing, silenced`. */
function standing(one: AlertJson): string {
  if (one.status !== "firing") return one.status;
  if (one.silencedBy !== null) return "firing, silenced";
  return one.acknowledgedAt === null ? "firing" : `firing, acknowledged by ${one.acknowledgedBy ?? ""}`;
}

function paintStatus({ status, severity }: AlertJson, text: string, colors: Colors): string {
  if (status !== "firing") return colors.green(text);
  return severity === "critical" ? colors.red(text) : colors.yellow(text);
}

function timesText({ startsAt, endsAt }: AlertJson, now: number): string {
  const start = Date.parse(startsAt);
  const begun = `since ${momentText(start, now)}, ${fromNow(start, now)}`;
  return endsAt === null ? begun : `${begun}; ended ${momentText(Date.parse(endsAt), now)}`;
}

function affectedText({ requests, records }: AlertJson): string {
  if (requests.count === 0) return "";
  const parts = [countText(requests.count, "request")];
  if (records.outstanding > 0) parts.push(`${countText(records.outstanding, "record")} outstanding`);
  const failed = totalOf(records.failed);
  if (failed > 0) parts.push(`${numberText(failed)} failed (${codesText(records.failed)})`);
  return parts.join(", ");
}
