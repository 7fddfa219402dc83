/**
 * Silences, as people read and write them: `instance=123-ABC-456`, `objectName^=purch`.
 */
import { type Matcher, SILENCE_LABELS } from "../../core/silence.ts";
import type { SilenceJson } from "../alert-answers.ts";
import type { Look } from "../terminal/look.ts";
import { renderTable } from "./table.ts";
import { momentText } from "./time-text.ts";

/** @returns undefined when it is no matcher */
export function parseMatcher(text: string): Matcher | undefined {
  const [, name, match, value = ""] = /^(\w+)(\^?=)(.*)$/s.exec(text) ?? [];
  const label = SILENCE_LABELS.find((one) => one === name);
  return label === undefined ? undefined : { label, match: match === "^=" ? "^=" : "=", value };
}

function matcherText({ label, match, value }: Matcher): string {
  return `${label}${match}${value}`;
}

export function renderSilences(silences: readonly SilenceJson[], now: number, look: Look): string {
  if (silences.length === 0) return "no silences";
  const rows = silences.map((one) => [
    one.silenceId,
    Date.parse(one.startsAt) > now ? momentText(Date.parse(one.startsAt), now) : "now",
    momentText(Date.parse(one.until), now),
    one.createdBy,
    one.matchers.map(matcherText).join(" and ") + (one.comment === "" ? "" : ` (${one.comment})`),
  ]);
  return renderTable(["id", "from", "until", "by", "keeps quiet"], rows, look);
}
