/**
 * Slices: a delivery's payload in pieces that are decoded at one go.
 *
 * A document is one slice. Lines are cut at line ends into slices of about a megabyte, so that a long file
 * neither stops the event loop nor goes to dead letters as a whole.
 */
import type { Delivery } from "../core/ports.ts";

const SLICE_BYTES = 1024 * 1024;
const LINE_FEED = 10;

export interface Slice {
  readonly bytes: Buffer;
  readonly lines: boolean;
  /** Number of its first line in the delivery, from 1. */
  readonly firstLine: number;
}

export function payloadBytes(payload: Uint8Array | string): Buffer {
  if (typeof payload === "string") return Buffer.from(payload);
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

export function* sliceDelivery(bytes: Buffer, delivery: Delivery): Generator<Slice> {
  if (delivery.lines !== true) {
    yield { bytes, lines: false, firstLine: 1 };
    return;
  }
  let from = 0;
  let firstLine = 1;
  while (from < bytes.length) {
    const until = endOfSlice(bytes, from);
    const slice = bytes.subarray(from, until);
    yield { bytes: slice, lines: true, firstLine };
    firstLine += countLines(slice);
    from = until;
  }
}

/** After the last line end within the slice's size; a line that is longer than that is a slice by itself. */
function endOfSlice(bytes: Buffer, from: number): number {
  if (bytes.length - from <= SLICE_BYTES) return bytes.length;
  const last = bytes.lastIndexOf(LINE_FEED, from + SLICE_BYTES);
  if (last > from) return last + 1;
  const next = bytes.indexOf(LINE_FEED, from + SLICE_BYTES);
  return next === -1 ? bytes.length : next + 1;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}
