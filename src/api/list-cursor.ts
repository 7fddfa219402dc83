/**
 * Paging cursors: opaque to callers, bound to the list that gave them out.
 *
 * A cursor of one set of filters is refused under another: silently it would skip or repeat.
 */
import { createHash } from "node:crypto";
import { After202Error } from "../core/errors.ts";

/** Turns a position into a cursor; `bound` is whatever the position is only good for. */
export function encodeCursor(position: readonly (string | number)[], bound: object): string {
  return Buffer.from(JSON.stringify([fingerprint(bound), ...position])).toString("base64url");
}

/** @throws After202Error CURSOR_INVALID when this list did not give it out */
export function decodeCursor(cursor: string, bound: object): unknown[] {
  const [mark, ...position] = parse(cursor);
  if (mark === fingerprint(bound)) return position;
  throw invalid();
}

/** The fault of a cursor whose position does not read. */
export function invalid(): After202Error {
  return new After202Error(
    "CURSOR_INVALID",
    "This cursor is not one that this list gave out; begin without a cursor, and keep the filters while paging.",
  );
}

function parse(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(value)) return value;
  } catch {
    // told below, like any other text that is no cursor
  }
  throw invalid();
}

function fingerprint(bound: object): string {
  const sorted = Object.entries(bound)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("base64url").slice(0, 12);
}
