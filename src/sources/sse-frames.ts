/**
 * Server-Sent Events as bytes, cut where one ends: each is judged whole, before it is decoded.
 *
 * So an event that is too long, or not UTF-8, costs that event and no more, and memory is bounded by one event. Comments
 * between events, which servers send to keep the connection alive, are left out.
 */
import { isUtf8 } from "node:buffer";
import type { DeliveryFault } from "../core/ports.ts";

const LF = 10;
const CR = 13;
const COLON = 58;
const LINE_FEED = Buffer.from("\n");
const ID = /^id: ?([^\0\r\n]*)/m;

/** `bytes`: an event, or several, with the blank line that ends them; with `fault` the beginning of one that cannot be read. */
export interface SseFrame {
  readonly bytes: Buffer;
  readonly fault?: DeliveryFault;
  /** The id of an event that cannot be read, where its beginning tells. */
  readonly id?: string;
}

export class SseFrames {
  private readonly maxBytes: number;
  private kept: Buffer[] = [];
  private keptBytes = 0;
  /** Of the event under way, also what is not kept. */
  private bytes = 0;
  private lineBytes = 0;
  private lines = 0;
  private isComment = false;
  private afterCr = false;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** @returns the events that end within the chunk, in their order */
  push(chunk: Buffer): SseFrame[] {
    const frames: SseFrame[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === LF && this.afterCr) {
        this.afterCr = false;
        if (this.bytes === 0 && at === from) from = at + 1; // it belongs to the blank line before
        continue;
      }
      this.afterCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        if (this.lineBytes === 0 && this.lines === 0) this.isComment = byte === COLON;
        this.lineBytes++;
        continue;
      }
      const ends = this.lineBytes === 0 || (this.lines === 0 && this.isComment);
      this.lineBytes = 0;
      this.lines++;
      if (!ends) continue;
      this.keep(chunk.subarray(from, at + 1));
      from = at + 1;
      const frame = this.finish();
      if (frame !== undefined) frames.push(frame);
    }
    this.keep(chunk.subarray(from));
    return frames;
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.bytes += piece.length;
    const room = this.maxBytes - this.keptBytes;
    if (room <= 0) return;
    const part = piece.subarray(0, room);
    this.kept.push(part);
    this.keptBytes += part.length;
  }

  private finish(): SseFrame | undefined {
    const { bytes, lines } = this;
    const [only] = this.kept;
    const kept = this.kept.length === 1 && only !== undefined ? only : Buffer.concat(this.kept);
    this.kept = [];
    this.keptBytes = 0;
    this.bytes = 0;
    this.lines = 0;
    this.isComment = false;
    if (lines === 1) return undefined; // a comment, or a blank line by itself
    if (bytes > this.maxBytes) {
      return broken(
        kept,
        "EVENT_TOO_LARGE",
        `The event has ${bytes} bytes, more than ${this.maxBytes}; this is its beginning.`,
      );
    }
    if (!isUtf8(kept)) return broken(kept, "EVENT_NOT_UTF8", "The event's bytes are not UTF-8.");
    // a parser waits after a carriage return, for the line feed that may belong to it
    return { bytes: kept.at(-1) === CR ? Buffer.concat([kept, LINE_FEED]) : kept };
  }
}

function broken(bytes: Buffer, code: DeliveryFault["code"], reason: string): SseFrame {
  const id = ID.exec(bytes.toString("latin1", 0, 4_096))?.[1];
  return { bytes, fault: { code, reason }, ...(id === undefined ? {} : { id }) };
}
