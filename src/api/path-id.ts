/**
 * Ids in paths: any characters, slashes included, URL-encoded or not.
 */
import { Type } from "typebox";
import { MAX_ID_LENGTH } from "./limits.ts";
import { inputInvalid } from "./schema-check.ts";

const id = (description: string) => Type.String({ minLength: 1, maxLength: MAX_ID_LENGTH, description });

export const requestParams = Type.Object({
  requestId: id("The upstream's request id, or the id of a submission that got none."),
});

export const correlationParams = Type.Object({ correlationId: id("The correlation id.") });

/** The rest of a path that a wildcard took; no schema can name it, since names are patterns to the converter. */
export function restOf(params: unknown): string {
  return (params as { "*"?: string })["*"] ?? "";
}

/**
 * An id with slashes that were not encoded.
 *
 * @throws After202Error INPUT_INVALID
 */
export function readRestId(rest: string, field: string): string {
  if (rest !== "" && rest.length <= MAX_ID_LENGTH) return rest;
  throw inputInvalid([{ field, message: `must have 1 to ${MAX_ID_LENGTH} characters` }]);
}
