/**
 * Decode: from the bytes of a slice to envelopes, one call each; what is no JSON is reported, never thrown.
 *
 * A line with broken bytes harms that line alone. In a page with broken bytes only the events that hold them
 * are lost: the rest of the page is read.
 */
import { listEnvelopes } from "../core/envelope.ts";
import { After202Error, type ErrorCode } from "../core/errors.ts";
import { decodeUtf8, parseJson } from "../core/json.ts";
import type { SourcePath } from "../core/ports.ts";
import type { Slice } from "./slice.ts";
import { eventTextOf, splitPage } from "./split-page.ts";

const MAX_EVENT_BYTES = 2 * 1024 * 1024;
const REPLACEMENT = "\u{FFFD}";
const LINE_FEED = 10;

/** Receives what a slice holds, in its order. */
export interface SliceReader {
  /**
   * @param text the event's own text, where it stands by itself
   * @param line from 1; 0 where the delivery is not read by lines
   * @param index within the page or batch, from 0; -1 where it is the only one
   */
  onEvent(envelope: unknown, text: string | undefined, line: number, index: number): void;
  onBroken(code: ErrorCode, reason: string, body: string | Uint8Array, line: number): void;
}

export function readSlice(slice: Slice, path: SourcePath, reader: SliceReader): void {
  if (slice.lines) readLines(slice, reader);
  else readDocument(slice.bytes, path, reader);
}

function readLines(slice: Slice, reader: SliceReader): void {
  const text = textOf(slice.bytes);
  if (text !== undefined) {
    let line = slice.firstLine;
    for (const one of text.split("\n")) readLine(one, line++, reader);
    return;
  }
  let from = 0;
  for (let line = slice.firstLine; from < slice.bytes.length; line++) {
    const feed = slice.bytes.indexOf(LINE_FEED, from);
    const until = feed === -1 ? slice.bytes.length : feed;
    const bytes = slice.bytes.subarray(from, until);
    const one = textOf(bytes);
    if (one === undefined) reader.onBroken("EVENT_NOT_UTF8", "The line's bytes are not UTF-8.", bytes, line);
    else readLine(one, line, reader);
    from = until + 1;
  }
}

function readLine(line: string, number: number, reader: SliceReader): void {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (text === "" || text.trim() === "") return;
  if (isTooLarge(text)) {
    reader.onBroken("EVENT_TOO_LARGE", `The line is longer than ${MAX_EVENT_BYTES} bytes.`, text, number);
    return;
  }
  readText(text, number, "EVENT_UNREADABLE", reader);
}

function readDocument(bytes: Buffer, path: SourcePath, reader: SliceReader): void {
  const text = textOf(bytes);
  if (text !== undefined) {
    readText(text, 0, looksLikeMany(text, path) ? "PAGE_UNREADABLE" : "EVENT_UNREADABLE", reader);
    return;
  }
  const mended = bytes.toString("utf8");
  const many = looksLikeMany(mended, path);
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

function readText(text: string, line: number, codeOfFault: ErrorCode, reader: SliceReader): void {
  const elements = splitPage(text);
  if (elements !== undefined) {
    readElements(elements, line, reader);
    return;
  }
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

function readElements(elements: readonly string[], line: number, reader: SliceReader): void {
  for (let index = 0; index < elements.length; index++) {
    const text = elements[index] ?? "";
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

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decodeUtf8(bytes);
  } catch {
    return undefined;
  }
}

function looksLikeMany(text: string, path: SourcePath): boolean {
  return path === "journal" || /^\s*\[/.test(text);
}

function isTooLarge(text: string): boolean {
  if (text.length * 3 <= MAX_EVENT_BYTES) return false;
  return text.length > MAX_EVENT_BYTES || Buffer.byteLength(text) > MAX_EVENT_BYTES;
}
