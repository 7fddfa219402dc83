/**
 * Splits a page or a batch into its events, without parsing it as a whole.
 *
 * Results events are read to rows on the way; of the others it gives the place. Events parsed one by one are short-lived
 * garbage, a whole page parsed at once is not: the collector took more time than the parser. An event that is broken within
 * balanced braces costs that event only. What does not look as documented is left to the parser.
 */
import { listEnvelopes } from "../core/envelope.ts";
import { isObject } from "../core/json.ts";
import { JsonBytes } from "../core/json-bytes.ts";
import type { ResultsScanner, ScannedEvent } from "../core/results-scan.ts";

const JOURNAL_ENTRY = /^\{\s*"position"\s*:\s*"[^"\\]*"\s*,\s*"event"\s*:\s*(?=\{)/;
const EVENTS = Buffer.from("events");

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** An event: read, or where its text stands. */
export interface PageElement {
  readonly scanned: ScannedEvent | undefined;
  readonly from: number;
  readonly until: number;
}

/** @returns each element of a page's `events` or of a batch; undefined if the bytes are neither, or cut off */
export function splitPage(bytes: Buffer, scanner: ResultsScanner): PageElement[] | undefined {
  const json = new JsonBytes(bytes, afterMark(bytes));
  const inPage = json.openObject();
  if (inPage && !(json.key() && json.is(EVENTS))) return undefined;
  if (!json.openArray()) return undefined;
  const headEnd = json.at;
  const elements: PageElement[] = [];
  if (!json.closeArray()) {
    do {
      if (json.peek() !== OPEN_BRACE) return undefined;
      const element = elementAt(bytes, json.at, scanner);
      if (element === undefined) return undefined;
      elements.push(element);
      json.at = element.until;
    } while (json.comma());
    if (!json.closeArray()) return undefined;
  }
  const frame = `${bytes.toString("utf8", afterMark(bytes), headEnd)}${bytes.toString("utf8", json.at - 1)}`;
  return isEmptyPage(frame) ? elements : undefined;
}

/** A byte order mark is no part of the text. */
export function afterMark(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
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

function elementAt(bytes: Buffer, from: number, scanner: ResultsScanner): PageElement | undefined {
  const read = scanner.scan(from);
  if (read !== undefined) return { scanned: read.scanned, from, until: read.end };
  const until = endOfObject(bytes, from);
  return until === -1 ? undefined : { scanned: undefined, from, until };
}

/** Whether what stands around the events is a page or a batch by itself. */
function isEmptyPage(text: string): boolean {
  try {
    return listEnvelopes(JSON.parse(text)).length === 0;
  } catch {
    return false;
  }
}

/** @returns the index after the brace that closes the object at `at`; -1 if there is no end of it */
function endOfObject(bytes: Buffer, at: number): number {
  let depth = 0;
  for (let i = at; i < bytes.length; i++) {
    const code = bytes[i];
    if (code === QUOTE) {
      i = endOfString(bytes, i);
    } else if (code === OPEN_BRACE) {
      depth++;
    } else if (code === CLOSE_BRACE && --depth === 0) {
      return i + 1;
    }
  }
  return -1;
}

/** @returns the index of the closing quote, or the length */
function endOfString(bytes: Buffer, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    const code = bytes[i];
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i++;
  }
  return bytes.length;
}
