/**
 * The timeline of a request: what happened, what is known only by the clock, and what is still to come.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";
import { bytesText } from "./bytes-text.ts";
import { codesText, countText, numberText } from "./count-text.ts";
import { paintState, stateText } from "./state.ts";
import { clockText, dateText, fromNow, sinceStart } from "./time-text.ts";

type Entry = LifecycleJson["timeline"][number];

interface Row {
  readonly at: number;
  readonly mark: "observed" | "inferred" | "ahead";
  readonly name: string;
  readonly detail: string;
  /** Paints the name. */
  readonly state?: string;
}

const MARKS = { observed: "●", inferred: "○", ahead: "·" } as const;
/** Rows of a very long timeline that are shown at its beginning and at its end. */
const SHOWN_AT_EACH_END = 20;
const LEAST_DETAIL_WIDTH = 24;
/** Spans below this are told with milliseconds. */
const SHORT_SPAN_MS = 10 * 60_000;

export function renderTimeline(one: LifecycleJson, now: number, { colors, width }: Look): string {
  const rows = [...one.timeline.map((entry) => rowOf(entry, one)), ...rowsAhead(one, now)];
  const start = rows[0]?.at ?? now;
  const withMs = (rows.at(-1)?.at ?? start) - start < SHORT_SPAN_MS;
  const sinceWidth = Math.max(...rows.map((row) => sinceStart(row.at, start).length), 0);
  const nameWidth = Math.max(...rows.map((row) => row.name.length), 0);
  const indent = 2 + (withMs ? 12 : 8) + 2 + sinceWidth + 4 + nameWidth + 2;
  const draw = (row: Row): string => {
    const since = sinceStart(row.at, start).padStart(sinceWidth);
    const name = row.name.padEnd(nameWidth);
    const head = `  ${colors.dim(clockText(row.at, withMs))}  ${since}  ${MARKS[row.mark]} ${paintName(row, name, colors)}`;
    if (row.detail === "") return head.trimEnd();
    const detail = detailText(row.detail, indent, width);
    return `${head}  ${row.mark === "observed" ? detail : colors.dim(detail)}`;
  };
  const head = `timeline  ${dateText(start)} UTC`;
  const legend = `${MARKS.observed} observed  ${MARKS.inferred} inferred  ${MARKS.ahead} to come`;
  const fits = head.length + 3 + legend.length <= width;
  return [
    head + colors.dim(fits ? `   ${legend}` : `\n${legend}`),
    ...abridge(rows.map(draw), (left) => colors.dim(`  … ${numberText(left)} more; --json has them all`)),
  ].join("\n");
}

function paintName({ mark, state }: Row, name: string, colors: Look["colors"]): string {
  if (state !== undefined) return paintState(state, name, colors);
  return mark === "ahead" ? colors.dim(name) : name;
}

/** Beside its name, or, where there is no room for that, below it. */
function detailText(detail: string, indent: number, width: number): string {
  const room = width - indent;
  if (room < LEAST_DETAIL_WIDTH) return `\n    ${wrapText(detail, width - 4).replaceAll("\n", "\n    ")}`;
  return wrapText(detail, room).replaceAll("\n", `\n${" ".repeat(indent)}`);
}

function abridge(lines: readonly string[], describe: (left: number) => string): string[] {
  const left = lines.length - 2 * SHOWN_AT_EACH_END;
  if (left <= 1) return [...lines];
  return [...lines.slice(0, SHOWN_AT_EACH_END), describe(left), ...lines.slice(-SHOWN_AT_EACH_END)];
}

function rowOf(entry: Entry, one: LifecycleJson): Row {
  const base = { at: Date.parse(entry.at ?? ""), mark: entry.evidence };
  const row = (name: string, detail = "", state?: string): Row =>
    state === undefined ? { ...base, name, detail } : { ...base, name, detail, state };
  switch (entry.type) {
    case "submitted":
      return submittedRow(entry, one, row);
    case "unanswered":
      return row("no answer", errorText(entry), "unconfirmed");
    case "adopted":
      return row(
        "adopted",
        "the stream shows that it got in: a request with this correlation id, at this time",
      );
    case "accepted":
      return row(
        "accepted",
        entry.httpStatus === undefined ? "as the stream tells" : String(entry.httpStatus),
      );
    case "rejected":
      return row("rejected", [entry.httpStatus, errorText(entry)].filter(Boolean).join(" "), "rejected");
    case "result":
      return one.job === null ? row("result", resultText(entry)) : row("problems", problemsText(entry));
    case "retry":
      return row(
        `retry ${entry.attempt ?? "?"} of ${one.retry?.of ?? "?"}`,
        entry.evidence === "observed" ? "results followed" : "was due, nothing was heard of it",
      );
    case "window_closed":
      return row("window closed", "no more waiting for the persons behind the link field");
    case "job":
      return row(
        "job",
        printable(entry.jobState ?? "") +
          (entry.retries === undefined ? "" : `, tried again ×${entry.retries}`),
      );
    case "settled":
      return row(entry.state === undefined ? "settled" : stateText(entry.state), "", entry.state);
    default:
      return row(stateText(entry.type));
  }
}

function manySubmissions(one: LifecycleJson): boolean {
  return one.timeline.filter((entry) => entry.type === "submitted").length > 1;
}

function errorText({ errorCode, errorMessage }: Entry): string {
  return [errorCode, errorMessage]
    .filter((text) => text !== undefined)
    .map(printable)
    .join(": ");
}

function resultText({ created = 0, updated = 0, failed = {}, superseded = {}, attempt = 0 }: Entry): string {
  const parts: string[] = [];
  if (created > 0) parts.push(`${numberText(created)} created`);
  if (updated > 0) parts.push(`${numberText(updated)} updated`);
  if (Object.keys(failed).length > 0) parts.push(`failed: ${codesText(failed)}`);
  if (parts.length === 0) parts.push("nothing yet");
  if (Object.keys(superseded).length > 0) parts.push(`made good later: ${codesText(superseded)}`);
  return parts.join(", ") + (attempt > 0 ? ` (after retry ${attempt})` : "");
}

function problemsText({ failed = {} }: Entry): string {
  return Object.keys(failed).length === 0 ? "no problem records" : `rows failed: ${codesText(failed)}`;
}

/** A call to a bulk job is named after what it did. */
function submittedRow(entry: Entry, one: LifecycleJson, row: (name: string, detail?: string) => Row): Row {
  const { operation, records = 0, bytes, httpStatus, submissionId = "" } = entry;
  if (operation === undefined)
    return row("submitted", manySubmissions(one) ? `as ${printable(submissionId)}` : "");
  if (one.job === null || !["upload", "close", "abort"].includes(operation)) return row("submitted", "");
  const size =
    bytes === undefined ? "" : `${records === 0 ? "" : `${countText(records, "row")}, `}${bytesText(bytes)}`;
  const status = httpStatus === undefined ? "" : String(httpStatus);
  return row(operation, [size, status].filter((text) => text !== "").join("  "));
}

/** What the retry schedule still holds for a request that is not settled. */
function rowsAhead({ terminal, retry }: LifecycleJson, now: number): Row[] {
  if (terminal || retry === null) return [];
  const ahead: Row[] = [];
  const add = (at: string | null, name: string, detail: (when: string) => string): void => {
    if (at === null || Date.parse(at) <= now) return;
    ahead.push({ at: Date.parse(at), mark: "ahead", name, detail: detail(fromNow(Date.parse(at), now)) });
  };
  add(retry.nextAt, `retry ${retry.attempt + 1} of ${retry.of}`, (when) => `due ${when}`);
  add(retry.windowEndsAt, "window closes", (when) => `${when}: the persons must be there by then`);
  add(retry.deadlineAt, "deadline", (when) => `${when}: what is then outstanding is given up`);
  return ahead.sort((a, b) => a.at - b.at);
}
