/**
 * Decode: from the bytes of a slice to envelopes, one call each; what is no JSON is reported, never thrown.
 *
 * A line with broken bytes harms that line alone. In a page with broken bytes only the events that hold them
 * are lost: the rest of the page is read.
 */
import { isUtf8 } from "node:buffer";
import { listEnvelopes } from "../core/envelope.ts";
import { After202Error, type ErrorCode } from "../core/errors.ts";
import { decodeUtf8, parseJson } from "../core/json.ts";
import { JsonBytes } from "../core/json-bytes.ts";
import type { SourcePath } from "../core/ports.ts";
import { ResultPage } from "../core/result-rows.ts";
import { ResultsScanner, type ScannedEvent } from "../core/results-scan.ts";
import type { Slice } from "./slice.ts";
import { afterMark, eventTextOf, type PageElement, splitPage } from "./split-page.ts";

const MAX_EVENT_BYTES = 2 * 1024 * 1024;
const REPLACEMENT = "\u{FFFD}";
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const OPEN_BRACKET = 91;
/** Rows take about so much of the bytes that they are read from. */
const ROWS_PER_BYTE = 1.6;

/** Receives what a slice holds, in its order. */
export interface SliceReader {
  /** A results event, read to rows. @param bytes in which its text stands */
  onScanned(event: ScannedEvent, bytes: Buffer): void;
  /**
   * @param text the event's own text, where it stands by itself
   * @param line from 1; 0 where the delivery is not read by lines
   * @param index within the page or batch, from 0; -1 where it is the only one
   */
  onEvent(envelope: unknown, text: string | undefined, line: number, index: number): void;
  onBroken(code: ErrorCode, reason: string, body: string | Uint8Array, line: number): void;
}

export function readSlice(slice: Slice, path: SourcePath, reader: SliceReader): void {
  const page = new ResultPage(slice.bytes.length * ROWS_PER_BYTE);
  if (slice.lines) readLines(slice, page, reader);
  else readDocument(slice.bytes, path, page, reader);
}

function readLines(slice: Slice, page: ResultPage, reader: SliceReader): void {
  const sound = isUtf8(slice.bytes);
  let from = 0;
  for (let line = slice.firstLine; from < slice.bytes.length; line++) {
    const feed = slice.bytes.indexOf(LINE_FEED, from);
    const until = feed === -1 ? slice.bytes.length : feed;
    const bytes = slice.bytes.subarray(from, until);
    if (sound || isUtf8(bytes)) readLine(bytes, line, page, reader);
    else reader.onBroken("EVENT_NOT_UTF8", "The line's bytes are not UTF-8.", bytes, line);
    from = until + 1;
  }
}

function readLine(line: Buffer, number: number, page: ResultPage, reader: SliceReader): void {
  const bytes = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  if (bytes.length > MAX_EVENT_BYTES) {
    const reason = `The line is longer than ${MAX_EVENT_BYTES} bytes.`;
    reader.onBroken("EVENT_TOO_LARGE", reason, decodeUtf8(bytes), number);
  } else if (!isBlank(bytes)) {
    readText(bytes, number, "EVENT_UNREADABLE", page, reader);
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.length < 100 && decodeUtf8(bytes).trim() === "";
}

function readDocument(bytes: Buffer, path: SourcePath, page: ResultPage, reader: SliceReader): void {
  if (isUtf8(bytes)) {
    const code = looksLikeMany(bytes, path) ? "PAGE_UNREADABLE" : "EVENT_UNREADABLE";
    readText(bytes, 0, code, page, reader);
    return;
  }
  const mended = bytes.toString("utf8");
  const many = looksLikeMany(bytes, path);
  if (!many || !readMended(mended, reader)) {
    const code = many ? "PAGE_UNREADABLE" : "EVENT_NOT_UTF8";
    reader.onBroken(code, "The bytes are not UTF-8.", bytes, 0);
  }
}

/** Reads a page in which broken bytes were replaced, except for the events that hold some. */
function readMended(text: string, reader: SliceReader): boolean {
  const parsed = tryParse(text);
  if (parsed instanceof After202Error) return false;
  const envelopes = listEnvelopes(parsed.value);
  for (let index = 0; index < envelopes.length; index++) {
    const own = JSON.stringify(envelopes[index]);
    if (own.includes(REPLACEMENT)) {
      const reason = `events[${index}]: some bytes are not UTF-8; they stand as U+FFFD in the body.`;
      reader.onBroken("EVENT_NOT_UTF8", reason, own, 0);
    } else {
      reader.onEvent(envelopes[index], undefined, 0, index);
    }
  }
  return true;
}

function readText(
  bytes: Buffer,
  line: number,
  codeOfFault: ErrorCode,
  page: ResultPage,
  reader: SliceReader,
): void {
  const scanner = new ResultsScanner(bytes, page);
  const elements = splitPage(bytes, scanner);
  if (elements !== undefined) {
    readElements(elements, bytes, line, reader);
    return;
  }
  const only = scanner.scan(afterMark(bytes));
  if (only !== undefined && bytes.toString("utf8", only.end).trim() === "") {
    reader.onScanned(only.scanned, bytes);
    return;
  }
  const text = decodeUtf8(bytes);
  const parsed = tryParse(text);
  if (parsed instanceof After202Error) {
    reader.onBroken(codeOfFault, parsed.message, text, line);
    return;
  }
  const envelopes = listEnvelopes(parsed.value);
  if (envelopes.length === 1 && envelopes[0] === parsed.value) {
    reader.onEvent(parsed.value, text, line, -1);
    return;
  }
  for (let index = 0; index < envelopes.length; index++)
    reader.onEvent(envelopes[index], undefined, line, index);
}

function readElements(
  elements: readonly PageElement[],
  bytes: Buffer,
  line: number,
  reader: SliceReader,
): void {
  for (let index = 0; index < elements.length; index++) {
    const { scanned, from, until } = elements[index] as PageElement;
    if (scanned !== undefined) {
      reader.onScanned(scanned, bytes);
      continue;
    }
    const text = bytes.toString("utf8", from, until);
    const parsed = tryParse(text);
    if (parsed instanceof After202Error) {
      reader.onBroken("EVENT_UNREADABLE", `events[${index}]: ${parsed.message}`, text, line);
    } else {
      reader.onEvent(parsed.value, eventTextOf(text, parsed.value), line, index);
    }
  }
}

function tryParse(text: string): { value: unknown } | After202Error {
  try {
    return { value: parseJson(text) };
  } catch (error) {
    if (error instanceof After202Error) return error;
    return new After202Error("EVENT_UNREADABLE", `Not JSON: ${String(error)}`, { cause: error });
  }
}

function looksLikeMany(bytes: Buffer, path: SourcePath): boolean {
  return path === "journal" || new JsonBytes(bytes, afterMark(bytes)).peek() === OPEN_BRACKET;
}
