/**
 * What the demo shows while it runs. Pure: numbers in, text out.
 */
import { numberText } from "../render/count-text.ts";
import { renderStates } from "../render/state-table.ts";
import { orderedStates, STATE_ORDER, stateText } from "../render/state.ts";
import { durationText } from "../render/time-text.ts";
import type { Look } from "../terminal/look.ts";
import type { Census } from "./census.ts";

export interface DemoPlace {
  readonly url: string;
  readonly simulatorOrigin: string;
  readonly speed: number;
  readonly rate: number;
  /** The port that was wanted and is taken; undefined when there was no such trouble. */
  readonly takenPort?: number | undefined;
}

/** An abort is of bulk jobs only, and none is aborted here. */
const SHOWN_STATES = STATE_ORDER.filter((state) => state !== "aborted");
/** Of these a command is offered, the most telling first. */
const TELLING = [
  "retrying",
  "exhausted",
  "partially_failed",
  "unconfirmed",
  "overdue",
  "rejected",
  "succeeded",
];
const OFFERED = 4;
const DEFAULT_URL = "http://127.0.0.1:8202";

export function renderBanner(place: DemoPlace, { colors }: Look): string {
  const { url, speed, rate } = place;
  const lines = [
    colors.bold("after202 demo") +
      `: ${rate} requests a second into a simulated Marketo, and backfills into a Data Cloud, on a clock ${speed} times faster`,
    "",
    `  API         ${url}/v1/requests`,
    `  docs        ${url}/docs/`,
    `  metrics     ${url}/metrics`,
    `  simulator   ${place.simulatorOrigin}/_simulator   (what really happened: /_simulator/truth)`,
    "",
  ];
  if (place.takenPort !== undefined) {
    lines.push(`  Port ${place.takenPort} is taken, so the service listens on another one.`, "");
  }
  lines.push("  In another terminal:", `  ${commandFor(url, "<request id>")}`, "", "  Ctrl-C ends it.");
  return lines.join("\n");
}

/** @param backfill correlation id of the Salesforce backfill that was begun last */
export function renderBoard(
  census: Census,
  place: DemoPlace,
  elapsedMs: number,
  look: Look,
  backfill?: string,
): string {
  const { colors } = look;
  const simulated = durationText(elapsedMs * place.speed);
  const head = `${numberText(census.total)} requests after ${durationText(elapsedMs)}, which is ${simulated} for Marketo`;
  const offers = TELLING.flatMap((state) => {
    const id = census.samples.get(state);
    return id === undefined ? [] : [`  ${commandFor(place.url, id)}  ${colors.dim(`# ${stateText(state)}`)}`];
  });
  const sections = ["", head, "", renderStates(census.byState, look, SHOWN_STATES)];
  if (backfill !== undefined) offers.splice(OFFERED - 1, offers.length, backfillOffer(place, backfill, look));
  if (offers.length > 0) sections.push("", "try", ...offers.slice(0, OFFERED));
  return sections.join("\n");
}

function backfillOffer({ url }: DemoPlace, backfill: string, { colors }: Look): string {
  return `  ${commandFor(url, backfill)}  ${colors.dim("# a backfill into Data Cloud")}`;
}

/** The same in one line, for logs. */
export function boardLine(census: Census, elapsedMs: number): string {
  const states = orderedStates(census.byState).map(
    ([state, count]) => `${numberText(count)} ${stateText(state)}`,
  );
  return `${durationText(elapsedMs)}: ${numberText(census.total)} requests: ${states.join(", ")}`;
}

export function commandFor(url: string, id: string): string {
  return `${url === DEFAULT_URL ? "" : `AFTER202_URL=${url} `}npx after202 status ${id}`;
}
