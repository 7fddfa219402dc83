/**
 * Dead letters: what could not be read or stored, with the reason and the input itself.
 *
 * The id is a hash of code and content, so that the same broken input is one dead letter however often it comes.
 */
import type { ErrorCode } from "../core/errors.ts";
import { hash64 } from "../core/hash.ts";
import { decodeUtf8 } from "../core/json.ts";
import type { DeadLetter, SourcePath } from "../core/ports.ts";

export interface DeadLetterInput {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly eventId: string;
  readonly body: string | Uint8Array;
  /** What the id is made of, where that is not the body (the event without its envelope). */
  readonly identity?: string;
}

export interface DeadLetterOrigin {
  readonly path: SourcePath;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** @param maxBytes longest body; what is longer is cut, and the reason says so */
export function deadLetterOf(input: DeadLetterInput, origin: DeadLetterOrigin, maxBytes: number): DeadLetter {
  const { text, encoding, bytes } = readBody(input.body);
  const identity = input.identity ?? text;
  const cut = bytes > maxBytes;
  return {
    deadLetterId: hash64(`${input.code}\n${identity}`),
    at: origin.at,
    path: origin.path,
    source: origin.source,
    code: input.code,
    reason: cut ? `${input.reason} (The body is cut: ${maxBytes} of ${bytes} bytes.)` : input.reason,
    eventId: input.eventId,
    body: cut ? cutBody(input.body, encoding, maxBytes) : text,
    encoding,
  };
}

function readBody(body: string | Uint8Array): {
  text: string;
  encoding: DeadLetter["encoding"];
  bytes: number;
} {
  if (typeof body === "string") return { text: body, encoding: "utf-8", bytes: Buffer.byteLength(body) };
  try {
    return { text: decodeUtf8(body), encoding: "utf-8", bytes: body.byteLength };
  } catch {
    return { text: asBuffer(body).toString("base64"), encoding: "base64", bytes: body.byteLength };
  }
}

function cutBody(body: string | Uint8Array, encoding: DeadLetter["encoding"], maxBytes: number): string {
  const bytes = typeof body === "string" ? Buffer.from(body) : asBuffer(body);
  const kept = bytes.subarray(0, maxBytes);
  if (encoding === "base64") return kept.toString("base64");
  // a character that the cut went through is dropped, not replaced
  return new TextDecoder("utf-8").decode(kept, { stream: true });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
