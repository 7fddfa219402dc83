/** Dead letters on a terminal: a list of them, and one with its faults drawn where they stand. */
import type { DeadLetterDetailJson, DeadLetterJson, FaultPlaceJson } from "../service-answers.ts";
import type { Look } from "../terminal/look.ts";
import { printable } from "../terminal/printable.ts";
import { wrapText } from "../terminal/wrap.ts";
import { bytesText } from "./bytes-text.ts";
import { renderTable } from "./table.ts";

export function renderDeadLetters(items: readonly DeadLetterJson[], more: boolean, look: Look): string {
  if (items.length === 0) return "no dead letters";
  const rows = items.map((one) => [one.deadLetterId, one.at, one.source, one.code, one.reason]);
  const table = renderTable(["id", "at", "source", "code", "reason"], rows, look);
  return more ? `${table}\n… and more: --limit shows them` : table;
}

export function renderDeadLetter(letter: DeadLetterDetailJson, look: Look): string {
  const { colors, width } = look;
  const body = textOf(letter);
  const parts = [`${colors.red(letter.code)}  ${wrapText(printable(letter.reason), width - 2)}`];
  for (const { message, path, place } of letter.faults) {
    const isTold = letter.faults.length === 1 && letter.reason.endsWith(message);
    const lines = isTold ? [] : [printable(message)];
    if (place !== null) lines.push(colors.dim(placeText(path, place, body)));
    if (place !== null && body !== undefined) lines.push("", ...drawPlace(body, place, look));
    parts.push(lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n"));
  }
  parts.push(factsOf(letter, body), nextStep(letter));
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The line is told where there are several: it is one of the letter, not of the file that it came from. */
function placeText(path: string | null, place: FaultPlaceJson, body: string | undefined): string {
  const line = body?.includes("\n") === false ? "" : `line ${place.line}, `;
  const where = `${line}column ${place.column} (byte ${place.offset})`;
  return path === null || path === "" ? where : `${printable(path)}, ${where}`;
}

/** The line with as much around the place as there is room for, and carets below it. */
function drawPlace(
  body: string,
  { line, column, length }: FaultPlaceJson,
  { colors, width }: Look,
): string[] {
  const characters = Array.from(body.split("\n")[line - 1] ?? "", printable);
  const room = width - 6;
  const begin = column - 1;
  const shown = Math.max(1, Math.min(length, characters.length - begin, Math.ceil(room / 2)));
  const from = Math.max(0, Math.min(begin - Math.floor((room - shown) / 2), characters.length - room));
  const until = Math.min(characters.length, from + room);
  const head = from > 0 ? "…" : "";
  const tail = until < characters.length ? "…" : "";
  const before = head + characters.slice(from, begin).join("");
  const blamed = characters.slice(begin, begin + shown).join("");
  const after = characters.slice(begin + shown, until).join("") + tail;
  const indent = " ".repeat(begin - from + head.length);
  return [`${before}${colors.red(blamed)}${after}`, `${indent}${colors.red("^".repeat(shown))}`];
}

function factsOf(letter: DeadLetterDetailJson, body: string | undefined): string {
  const { deadLetterId, state, settledAt, at, path, source, eventId, encoding } = letter;
  const facts: [string, string][] = [
    ["id", deadLetterId],
    ["state", settledAt === null ? state : `${state} ${settledAt}`],
    ["arrived", `${at} by ${source === path ? path : `${path}, ${source}`}`],
    ["event", eventId],
    ["body", letter.body === undefined || body === undefined ? "" : sizeText(letter.body, encoding)],
  ];
  return facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name.padEnd(8)} ${printable(value)}`)
    .join("\n");
}

function nextStep({ deadLetterId, state, readable, body }: DeadLetterDetailJson): string {
  if (state !== "waiting") return "";
  if (readable === true)
    return `It can be read now: after202 dead-letters redrive ${printable(deadLetterId)}`;
  return body === undefined ? "Its body is shown to keys with the scope admin." : "";
}

function sizeText(body: string, encoding: string | undefined): string {
  return encoding === "base64"
    ? `${bytesText(Buffer.from(body, "base64").length)}, not UTF-8`
    : bytesText(Buffer.byteLength(body));
}

function textOf({ body, encoding }: DeadLetterJson): string | undefined {
  return encoding === "base64" && body !== undefined ? Buffer.from(body, "base64").toString("utf8") : body;
}
