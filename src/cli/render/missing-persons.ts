/**
 * The persons that a request waits for: the sentence, then each of them, by its value where that is known here.
 */
import { missingPersonsText } from "../../core/missing-persons-text.ts";
import type { MissingPersonsJson } from "../../core/missing-persons-json.ts";
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";
import { numberText } from "./count-text.ts";
import { stateText } from "./state.ts";
import { fromNow } from "./time-text.ts";

/** @param values by digest @param most persons that are named */
export function renderMissingPersons(
  told: MissingPersonsJson,
  values: ReadonlyMap<string, string>,
  most: number,
  now: number,
  { colors, width }: Look,
): string {
  const { known, missing, linkValues, windowEndsAt } = told;
  if (!known || missing === null || linkValues === null) {
    return wrapText("whether persons are missing is not known: the submission told no link values", width);
  }
  if (told.waitingRecords === 0) return "nothing waits for a person";
  const leftMs = windowEndsAt === null ? null : Math.max(0, Date.parse(windowEndsAt) - now);
  const sentence = missingPersonsText({ missing, of: linkValues, records: told.waitingRecords, leftMs });
  const named = told.items.slice(0, most).map((person) => {
    const name = `  ${printable(values.get(person.digest) ?? person.digest)}`;
    const detail = detailText(person, now);
    if (detail === "") return name;
    const fits = name.length + 2 + detail.length <= width;
    return `${name}${fits ? "  " : "\n    "}${colors.dim(fits ? detail : wrapText(detail, width, "    "))}`;
  });
  const more = missing - named.length;
  if (more > 0) named.push(colors.dim(`  … and ${numberText(more)} more; --missing names all of them`));
  return [missing === 0 ? sentence : colors.yellow(wrapText(sentence, width)), ...named].join("\n");
}

function detailText({ inVain, requests }: MissingPersonsJson["items"][number], now: number): string {
  const parts: string[] = [];
  if (inVain !== null) {
    const at = inVain.submittedAt === null ? "" : ` ${fromNow(Date.parse(inVain.submittedAt), now)}`;
    parts.push(`sent${at}, but ${stateText(inVain.state)}`);
  }
  if (requests > 1) parts.push(`${numberText(requests)} requests wait for it`);
  return parts.join("; ");
}
