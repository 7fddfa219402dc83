/**
 * Reading JSON from outside: bytes to text to values, with faults as data.
 *
 * Strict JSON first. Only when that fails, trailing commas are forgiven: the vendor's own documented
 * sample of a status event has one.
 */
import { After202Error } from "./errors.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** @throws After202Error EVENT_NOT_UTF8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new After202Error("EVENT_NOT_UTF8", "The bytes are not UTF-8.", { cause });
  }
}

/** @throws After202Error EVENT_UNREADABLE, with the parser's own words */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const forgiven = withoutTrailingCommas(text);
    if (forgiven !== text) {
      try {
        return JSON.parse(forgiven);
      } catch {
        // the first message names a position in the original text: that one is told
      }
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new After202Error("EVENT_UNREADABLE", `Not JSON: ${reason}`, { cause });
  }
}

function withoutTrailingCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/gs, (match) => (match === "," ? "" : match));
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
