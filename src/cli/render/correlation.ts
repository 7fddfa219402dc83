/**
 * A correlation for human readers: how many requests are in which state, and where the records are.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";
import type { CorrelationJson } from "../service-answers.ts";
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";
import { countText, numberText } from "./count-text.ts";
import { progressText, renderBackfill } from "./backfill.ts";
import { isJob, rowsText } from "./job.ts";
import { recordsText, renderRecords } from "./records.ts";
import { renderStates } from "./state-table.ts";
import { orderedStates, paintState, stateText } from "./state.ts";
import { fromNow, momentText } from "./time-text.ts";

/** Requests that are named one by one. */
const NAMED = 10;

/** @param worth requests to be named: those that did not succeed */
export function renderCorrelation(
  rollup: CorrelationJson,
  worth: readonly LifecycleJson[],
  now: number,
  look: Look,
): string {
  const { colors, width } = look;
  const sections = [
    colors.bold(wrapText(rollupHeadline(rollup, now), width)),
    timesText(rollup, now),
    renderStates(rollup.requests.byState, look),
    rollup.backfill === null
      ? renderRecords(rollup.records, look)
      : renderBackfill(rollup.backfill, now, look),
  ];
  const { requests, records } = rollup.unverifiable;
  if (requests > 0) {
    const taken = `${countText(records, "record")} in ${countText(requests, "streaming request")}`;
    sections.push(
      colors.dim(wrapText(`${taken} taken by Data Cloud, which tells nothing more of such requests`, width)),
    );
  }
  if (rollup.inGap > 0) {
    const text = `! the stream had a gap meanwhile: of ${countText(rollup.inGap, "request")} what would tell may be lost (see /v1/stream)`;
    sections.push(colors.yellow(wrapText(text, width, "  ")));
  }
  const named = worth.slice(0, NAMED).map((one) => {
    const { requestId, state, records } = one;
    const name = `  ${stateText(state).padEnd(16)}`;
    const id = `  ${printable(requestId)}`;
    const detail = `  ${isJob(one) ? rowsText(one) : recordsText(records)}`;
    const fits = name.length + id.length + detail.length <= width;
    return paintState(state, name, colors) + id + (fits ? colors.dim(detail) : "");
  });
  if (worth.length > NAMED) named.push(colors.dim(`  … and ${numberText(worth.length - NAMED)} more`));
  if (named.length > 0) sections.push(["requests to look at", ...named].join("\n"));
  return sections.join("\n\n");
}

export function rollupHeadline(rollup: CorrelationJson, now: number): string {
  const { total, byState } = rollup.requests;
  const states = orderedStates(byState).map(([state, count]) => `${numberText(count)} ${stateText(state)}`);
  const deadline = rollup.earliestDeadlineAt;
  const parts = [
    `${printable(rollup.correlationId)}: ${countText(total, "request")}, ${states.join(", ")}`,
    rollup.backfill === null ? recordsText(rollup.records) : progressText(rollup.backfill),
    missingText(rollup.missingPersons),
    rollup.settled ? "all settled" : "",
    deadline === null ? "" : `the earliest deadline is ${fromNow(Date.parse(deadline), now)}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function missingText(missing: number | null): string {
  if (missing === null || missing === 0) return "";
  return `${countText(missing, "link value")} without a person yet`;
}

function timesText(rollup: CorrelationJson, now: number): string {
  const first = Date.parse(rollup.firstAt ?? "");
  const begun = `begun ${momentText(first, now)}, ${fromNow(first, now)}`;
  if (rollup.lastResultAt === null) return rollup.backfill === null ? `${begun}; no result yet` : begun;
  const last = Date.parse(rollup.lastResultAt);
  return `${begun}; last result ${momentText(last, now)}, ${fromNow(last, now)}`;
}
