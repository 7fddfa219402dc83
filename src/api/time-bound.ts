/**
 * Bounds in time as queries give them: a time, or a duration back from now.
 */
import { Type } from "typebox";
import { inputInvalid } from "./schema-check.ts";
import { parseBound } from "./time-input.ts";

/** The schema of one, optional. */
export const bound = (description: string) =>
  Type.Optional(
    Type.String({ maxLength: 64, description: `${description} RFC 3339, or back from now: PT6H, P7D.` }),
  );

/**
 * @returns epoch milliseconds
 * @throws After202Error INPUT_INVALID
 */
export function readBound(field: string, text: string, now: number): number {
  const at = parseBound(text, now);
  if (at !== undefined) return at;
  throw inputInvalid([
    { field, message: "must be an RFC 3339 time (encode + as %2B) or a duration such as PT6H" },
  ]);
}

/** @throws After202Error INPUT_INVALID where there is nothing between the two */
export function checkInterval(since: number, until: number): void {
  if (since >= until) throw inputInvalid([{ field: "since", message: "must be before until" }]);
}
