/**
 * Dead letters: what could not be read, and why; and running it again.
 */
import { Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { timeText } from "../../core/lifecycle-json.ts";
import type { DeadLetter } from "../../core/ports.ts";
import { mayUse } from "../auth.ts";
import { bytesOf, JSON_TYPES, readJson, readRawBodies, readUtf8 } from "../body-parser.ts";
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, SMALL_BODY_LIMIT } from "../limits.ts";
import { decodeCursor, encodeCursor, invalid } from "../list-cursor.ts";
import { BODY_OPTIONAL } from "../openapi.ts";
import type { ApiParts } from "../parts.ts";
import { redrive } from "../redrive.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, INTAKE_ERRORS, routeErrors } from "../route-errors.ts";
import { compileCheck, inputInvalid } from "../schema-check.ts";
import { closed, ref } from "../schemas/field.ts";
import { redriveOrder } from "../schemas/stream.ts";

const LIST = { list: "dead-letters" };
const faultsOfOrder = compileCheck(redriveOrder);

const listQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: LIST_LIMIT_MAX, description: `${LIST_LIMIT_DEFAULT} by default.` }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 4_096, description: "`nextCursor` of the page before." })),
    body: Type.Optional(Type.Boolean({ description: "With the input itself; needs the scope `admin`." })),
  },
  closed,
);

export function deadLetterRoutes(app: RouteApp, parts: ApiParts): void {
  const { deadLetters } = parts;
  readRawBodies(app, JSON_TYPES, SMALL_BODY_LIMIT);

  app.get(
    "/v1/dead-letters",
    {
      config: { scope: "read" },
      schema: {
        operationId: "listDeadLetters",
        tags: ["stream"],
        summary: "Input that could not be read",
        description: "Bodies may hold personal data, so they are shown to admins only, on demand.",
        querystring: listQuery,
        response: { 200: ref("DeadLetterList"), ...routeErrors("read", "CURSOR_INVALID") },
      },
    },
    async ({ query, caller }) => {
      const { limit = LIST_LIMIT_DEFAULT, cursor, body = false } = query;
      if (body && !mayUse(caller, "admin")) {
        throw new After202Error(
          "SCOPE_MISSING",
          "Bodies need the scope admin; leave out body=true, or use such a key.",
        );
      }
      const after = cursor === undefined ? undefined : idOf(decodeCursor(cursor, LIST));
      const letters = await deadLetters.listDeadLetters(limit + 1, after);
      const page = letters.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((letter) => deadLetterJson(letter, body)),
        nextCursor:
          last === undefined || letters.length <= limit ? null : encodeCursor([last.deadLetterId], LIST),
      };
    },
  );

  app.post(
    "/v1/dead-letters/redrive",
    {
      config: { scope: "admin" },
      bodyLimit: SMALL_BODY_LIMIT,
      schema: {
        operationId: "redriveDeadLetters",
        tags: ["stream"],
        summary: "Run dead letters again",
        description:
          "Those named, or without a body all of them. What can be read now is stored and leaves the list.",
        querystring: Type.Object({}, closed),
        ...BODY_OPTIONAL,
        body: { content: { "application/json": { schema: ref("RedriveOrder") } } },
        response: { 200: ref("RedriveReport"), ...routeErrors("admin", ...BODY_ERRORS, ...INTAKE_ERRORS) },
      },
    },
    (request) => redrive(parts, readOrder(bytesOf(request.body))),
  );
}

function readOrder(bytes: Uint8Array): readonly string[] | undefined {
  if (bytes.byteLength === 0) return undefined;
  const order = readJson(readUtf8(bytes));
  const faults = faultsOfOrder(order);
  if (faults.length > 0) throw inputInvalid(faults);
  return (order as { ids?: string[] }).ids;
}

function deadLetterJson(letter: DeadLetter, withBody: boolean) {
  const { deadLetterId, at, path, source, code, reason, eventId, body, encoding } = letter;
  const told = { deadLetterId, at: timeText(at), path, source, code, reason, eventId };
  return withBody ? { ...told, body, encoding } : told;
}

function idOf([id]: readonly unknown[]): string {
  if (typeof id === "string") return id;
  throw invalid();
}
