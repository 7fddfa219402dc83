/**
 * Rows of results on their way from the bytes of a page into the store: encoded once, where they were read.
 */
import type { Hash64 } from "./hash.ts";
import { DECODER_VERSION, T0_RANK } from "./fact.ts";
import { KIND_NUMBER, ROW_BYTES } from "./fact-row.ts";
import { RowWriter } from "./row-writer.ts";

/** The rows of one page or batch, as `encodeFact` writes them. */
export class ResultPage {
  readonly rows: RowWriter;
  /** Where each row begins. */
  readonly starts: number[] = [];

  /** @param capacity bytes that the rows will take, about */
  constructor(capacity: number) {
    this.rows = new RowWriter(capacity);
  }

  /** Where a row ends. */
  endOf(row: number): number {
    return this.starts[row + 1] ?? this.rows.length;
  }

  /** Forgets the rows from this one on. */
  cut(row: number): void {
    const start = this.starts[row];
    if (start === undefined) return;
    this.rows.length = start;
    this.starts.length = row;
  }
}

/** Those of one event. */
export interface ResultRows {
  readonly page: ResultPage;
  readonly first: number;
  readonly count: number;
  /** Ids of requests (not of custom objects) that did nothing but fail. */
  readonly fruitless: readonly string[];
}

export function requestIdsOf({ page, first, count }: ResultRows): string[] {
  const { bytes } = page.rows;
  const ids: string[] = [];
  for (let row = first; row < first + count; row++) {
    let at = page.starts[row] ?? 0;
    let length = bytes[at++] ?? 0;
    if (length > 127) length = (length & 127) + (bytes[at++] ?? 0) * 128; // an id has 1,024 bytes at most
    ids.push(bytes.toString("latin1", at, at + length));
  }
  return ids;
}

/** Their bytes, in as few pieces as they lie in: valid while nothing is added to their pages. */
export function* rowPieces(all: Iterable<ResultRows>): Generator<Uint8Array> {
  let page: ResultPage | undefined;
  let from = 0;
  let next = 0;
  for (const rows of all) {
    if (rows.count === 0) continue;
    if (rows.page !== page || rows.first !== next) {
      if (page !== undefined) yield page.rows.bytes.subarray(from, page.endOf(next - 1));
      page = rows.page;
      from = rows.page.starts[rows.first] ?? 0;
    }
    next = rows.first + rows.count;
  }
  if (page !== undefined) yield page.rows.bytes.subarray(from, page.endOf(next - 1));
}

/** A part of the bytes that are read: a text without escapes. */
export interface Span {
  from: number;
  until: number;
}

/** What stands in an event besides its requests. */
export interface ResultEventSpans {
  readonly eventId: Span;
  readonly instance: Span;
  /** Epoch milliseconds. */
  time: number;
}

/** One request's entry, as it was read. */
export interface ResultSpans {
  readonly requestId: Span;
  readonly objectType: Span;
  readonly objectName: Span;
  readonly operation: Span;
  readonly priority: Span;
  readonly clientId: Span;
  readonly correlationId: Span;
  readonly requestSource: Span;
  /** Epoch milliseconds, or NaN: then it began with the event, as far as is known. */
  requestTime: number;
  received: number;
  created: number;
  updated: number;
  /** Codes in sorted order, each with its count; `codes` of them count. */
  readonly failed: CodeSpan[];
  codes: number;
}

export interface CodeSpan extends Span {
  count: number;
}

const TARGET = Buffer.from("marketo");
const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const ZERO = 48;
const PACKED_HEAD = Buffer.from('["result",');
const PACKED_TARGET = Buffer.from('"marketo"');
/** The longest text whose length takes two bytes. */
const MAX_PACKED = 16_383;

/**
 * Appends the row that `encodeFact` would write for this entry.
 *
 * @param source the bytes that the spans are of
 * @returns false, and nothing was written, when it is too long
 */
export function encodeResult(
  page: ResultPage,
  source: Uint8Array,
  event: ResultEventSpans,
  result: ResultSpans,
  identity: Hash64,
): boolean {
  const { rows } = page;
  const start = rows.length;
  const hasTime = !Number.isNaN(result.requestTime);
  const t0 = hasTime ? result.requestTime : event.time;
  const rank = hasTime ? T0_RANK.requestTime : T0_RANK.eventTime;
  rows.reserve(2 * ROW_BYTES + 2 * textBytes(event, result));
  put(rows, source, result.requestId);
  rows.uint32(identity.low);
  rows.uint32(identity.high);
  rows.byte(DECODER_VERSION);
  rows.byte(KIND_NUMBER.result);
  rows.int64(event.time);
  rows.int64(t0);
  rows.byte(rank);
  rows.text(TARGET, 0, TARGET.length);
  put(rows, source, event.instance);
  put(rows, source, result.objectType);
  put(rows, source, result.objectName);
  put(rows, source, result.priority);
  put(rows, source, result.clientId);
  put(rows, source, result.correlationId);
  put(rows, source, result.requestSource);
  rows.uint32(result.received);
  rows.uint32(result.created);
  rows.uint32(result.updated);
  rows.varint(result.codes);
  for (let i = 0; i < result.codes; i++) put(rows, source, result.failed[i] as CodeSpan);
  rows.varint(result.codes);
  for (let i = 0; i < result.codes; i++) rows.uint32((result.failed[i] as CodeSpan).count);
  rows.uint16(0); // no response,
  rows.byte(1); // null,
  rows.uint16(0); // no link field, no job
  const packed = rows.length;
  rows.uint16(0); // the length, in two bytes whatever it is
  pack(rows, source, event, result, t0, rank);
  const length = rows.length - packed - 2;
  if (length > MAX_PACKED) {
    rows.length = start;
    return false;
  }
  rows.bytes[packed] = (length & 127) | 128;
  rows.bytes[packed + 1] = length >>> 7;
  page.starts.push(start);
  return true;
}

/** The fact as `facts` keeps it: what was read within quotes stays within quotes. */
function pack(
  rows: RowWriter,
  source: Uint8Array,
  event: ResultEventSpans,
  result: ResultSpans,
  t0: number,
  rank: number,
): void {
  rows.copy(PACKED_HEAD, 0, PACKED_HEAD.length);
  putDecimal(rows, event.time);
  putDecimal(rows, t0);
  putDecimal(rows, rank);
  rows.copy(PACKED_TARGET, 0, PACKED_TARGET.length);
  putQuoted(rows, source, event.instance);
  putQuoted(rows, source, result.objectType);
  putQuoted(rows, source, result.objectName);
  putQuoted(rows, source, result.operation);
  putQuoted(rows, source, result.priority);
  putQuoted(rows, source, result.clientId);
  putQuoted(rows, source, result.correlationId);
  putQuoted(rows, source, result.requestSource);
  rows.byte(COMMA);
  putDecimal(rows, result.received);
  putDecimal(rows, result.created);
  putDecimal(rows, result.updated);
  packFailed(rows, source, result);
  putQuoted(rows, source, event.eventId);
  rows.byte(CLOSE_BRACKET);
}

function packFailed(rows: RowWriter, source: Uint8Array, { failed, codes }: ResultSpans): void {
  rows.byte(OPEN_BRACKET);
  for (let i = 0; i < codes; i++) {
    const { from, until } = failed[i] as CodeSpan;
    if (i > 0) rows.byte(COMMA);
    rows.byte(QUOTE);
    rows.copy(source, from, until);
    rows.byte(QUOTE);
  }
  rows.byte(CLOSE_BRACKET);
  rows.byte(COMMA);
  rows.byte(OPEN_BRACKET);
  for (let i = 0; i < codes; i++) {
    if (i > 0) rows.byte(COMMA);
    putDigits(rows, (failed[i] as CodeSpan).count);
  }
  rows.byte(CLOSE_BRACKET);
}

function put(rows: RowWriter, source: Uint8Array, { from, until }: Span): void {
  rows.text(source, from, until);
}

function putQuoted(rows: RowWriter, source: Uint8Array, { from, until }: Span): void {
  rows.byte(COMMA);
  rows.byte(QUOTE);
  rows.copy(source, from, until);
  rows.byte(QUOTE);
}

/** With the comma behind it. */
function putDecimal(rows: RowWriter, value: number): void {
  putDigits(rows, value);
  rows.byte(COMMA);
}

const TEN_7 = 10_000_000;

/** A whole number below 10^16; in halves, since the machine divides 32 bits fast. */
function putDigits(rows: RowWriter, value: number): void {
  if (value < TEN_7) {
    putHalf(rows, value, 1);
    return;
  }
  const high = Math.floor(value / TEN_7);
  putHalf(rows, high, 1);
  putHalf(rows, value - high * TEN_7, 7);
}

function putHalf(rows: RowWriter, value: number, atLeast: number): void {
  let digits = atLeast;
  for (let power = 10 ** atLeast; power <= value; power *= 10) digits++;
  let rest = value | 0;
  for (let at = rows.length + digits - 1; at >= rows.length; at--) {
    const tenth = (rest / 10) | 0;
    rows.bytes[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  rows.length += digits;
}

function textBytes({ eventId, instance }: ResultEventSpans, result: ResultSpans): number {
  let bytes = sizeOf(eventId) + sizeOf(instance) + sizeOf(result.requestId) + sizeOf(result.objectType);
  bytes += sizeOf(result.objectName) + sizeOf(result.operation) + sizeOf(result.priority);
  bytes += sizeOf(result.clientId) + sizeOf(result.correlationId) + sizeOf(result.requestSource);
  for (let i = 0; i < result.codes; i++) bytes += sizeOf(result.failed[i] as CodeSpan) + 16;
  return bytes;
}

function sizeOf({ from, until }: Span): number {
  return until - from;
}
