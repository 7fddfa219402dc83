/**
 * The part of a route's documentation that tells how it can fail: one response per status, its codes listed.
 */
import { Type, type TSchema } from "typebox";
import { ERROR_CATALOGUE, type ErrorCode } from "../core/errors.ts";
import type { RouteScope } from "./auth.ts";

/** What can happen to any call. */
const ALWAYS: readonly ErrorCode[] = ["INPUT_INVALID", "INTERNAL", "SHUTTING_DOWN"];
/** What can happen to a call that needs a key: looking it up asks the store. */
const KEYED: readonly ErrorCode[] = [
  "KEY_MISSING",
  "KEY_INVALID",
  "SCOPE_MISSING",
  "TOO_MANY_REQUESTS",
  "STORE_UNAVAILABLE",
  "STORE_QUERY_FAILED",
];
/** What can happen to a call with a body. */
export const BODY_ERRORS: readonly ErrorCode[] = [
  "INPUT_UNREADABLE",
  "MEDIA_TYPE_UNSUPPORTED",
  "BODY_TOO_LARGE",
];
/** What can happen where something is to be stored. */
export const INTAKE_ERRORS: readonly ErrorCode[] = ["BUFFER_FULL", "STORE_UNAVAILABLE", "STORE_QUERY_FAILED"];

const RETRY_AFTER = { "retry-after": { type: "integer", description: "Seconds after which to try again." } };

/** Responses by status, for a route's schema: those of its scope, and the codes of its own. */
export function routeErrors(scope: RouteScope, ...codes: readonly ErrorCode[]): Record<number, TSchema> {
  const all = [...new Set([...ALWAYS, ...(scope === "open" ? [] : KEYED), ...codes])];
  const responses: Record<number, TSchema> = {};
  for (const code of all) {
    const { status } = ERROR_CATALOGUE[code];
    responses[status] ??= errorResponse(all.filter((one) => ERROR_CATALOGUE[one].status === status));
  }
  return responses;
}

function errorResponse(codes: readonly ErrorCode[]): TSchema {
  const retryable = codes.some((code) => ERROR_CATALOGUE[code].retryable);
  const description = codes.map((code) => `\`${code}\`: ${ERROR_CATALOGUE[code].meaning}`).join("\n\n");
  const error = Type.Object(
    {
      code: Type.Enum([...codes], { description: "What went wrong, for programs; codes stay." }),
      message: Type.String({ description: "What went wrong and what to do, for people; may change." }),
      details: Type.Optional(Type.Unknown({ description: "More, by code: for INPUT_INVALID the fields." })),
    },
    { description: "What went wrong." },
  );
  return Type.Object(
    { error },
    { description, additionalProperties: false, ...(retryable ? { headers: RETRY_AFTER } : {}) },
  );
}
