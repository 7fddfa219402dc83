/**
 * Kinds of fields that schemas share.
 */
import { Type, type TSchema } from "typebox";

export const time = (description: string) =>
  Type.String({ format: "date-time", description: `${description} RFC 3339, UTC, milliseconds.` });

export const timeOrNull = (description: string) =>
  Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
    description: `${description} RFC 3339, UTC, milliseconds; null when it has not happened or is not known.`,
  });

export const count = (description: string) => Type.Integer({ minimum: 0, description });

export const text = (description: string) => Type.String({ description });

/** Counts by code: `{"1004": 7}`. */
export const countsByCode = (description: string) =>
  Type.Object({}, { additionalProperties: Type.Integer({ minimum: 0 }), description });

export const closed = { additionalProperties: false } as const;

/** A schema that is kept under `#/components/schemas/{id}`. */
export function named<S extends TSchema>(id: string, schema: S): S & { $id: string } {
  return Object.assign(schema, { $id: id });
}

/** Points to a named schema. */
export const ref = (id: string) => Type.Unsafe<unknown>({ $ref: `${id}#` });

/** Responses that are documented, but not tied to the handler's type: their status or body is decided elsewhere. */
export function untied(responses: Record<number, object>): Record<number, unknown> {
  return responses;
}
