/**
 * Splits a page or a batch into the texts of its events, without parsing it.
 *
 * Events parsed one by one are short-lived garbage, a whole page parsed at once is not: the collector took more time
 * than the parser. An event that is broken within balanced braces costs that event only. What does not look as
 * documented is left to the parser.
 */
import { listEnvelopes } from "../core/envelope.ts";
import { isObject } from "../core/json.ts";

const PAGE_START = /^\s*\{\s*"events"\s*:\s*\[/;
const BATCH_START = /^\s*\[/;
const JOURNAL_ENTRY = /^\{\s*"position"\s*:\s*"[^"\\]*"\s*,\s*"event"\s*:\s*(?=\{)/;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const CLOSE_BRACKET = 93;

/** @returns the text of each element of a page's `events` or of a batch; undefined if it is neither, or cut off */
export function splitPage(text: string): string[] | undefined {
  const start = PAGE_START.exec(text) ?? BATCH_START.exec(text);
  if (start === null) return undefined;
  const [head] = start;
  const elements: string[] = [];
  let at = skipSpace(text, head.length);
  if (text.charCodeAt(at) !== CLOSE_BRACKET) {
    for (;;) {
      const end = endOfObject(text, at);
      if (end === -1) return undefined;
      elements.push(text.slice(at, end));
      at = skipSpace(text, end);
      const next = text.charCodeAt(at);
      if (next === CLOSE_BRACKET) break;
      if (next !== COMMA) return undefined;
      at = skipSpace(text, at + 1);
    }
  }
  return isEmptyPage(head + text.slice(at)) ? elements : undefined;
}

/**
 * The text of a journal entry's event, where the entry is written as documented.
 *
 * @param parsed the same entry, parsed: tells that nothing stands in it behind the event
 */
export function eventTextOf(entry: string, parsed: unknown): string | undefined {
  const start = JOURNAL_ENTRY.exec(entry);
  if (start === null || !isObject(parsed) || Object.keys(parsed).length !== 2) return undefined;
  return entry.slice(start[0].length, -1).trimEnd();
}

/** Whether what stands around the events is a page or a batch by itself. */
function isEmptyPage(text: string): boolean {
  try {
    return listEnvelopes(JSON.parse(text)).length === 0;
  } catch {
    return false;
  }
}

/** @returns the index after the brace that closes the object at `at`; -1 if there is no object, or no end of it */
function endOfObject(text: string, at: number): number {
  if (text.charCodeAt(at) !== OPEN_BRACE) return -1;
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
    } else if (code === OPEN_BRACE) {
      depth++;
    } else if (code === CLOSE_BRACE && --depth === 0) {
      return i + 1;
    }
  }
  return -1;
}

/** @returns the index of the closing quote, or the text's length */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i++;
  }
  return text.length;
}

function skipSpace(text: string, at: number): number {
  let i = at;
  for (
    let code = text.charCodeAt(i);
    code === 32 || code === 10 || code === 13 || code === 9;
    code = text.charCodeAt(i)
  )
    i++;
  return i;
}
