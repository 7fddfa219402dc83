/**
 * Dead letters: what could not be read, where and why; running it again, and giving it up.
 */
import { Type } from "typebox";
import { diagnose } from "../../core/diagnosis.ts";
import { After202Error } from "../../core/errors.ts";
import { timeText } from "../../core/lifecycle-json.ts";
import type { DeadLetterPosition, KnownDeadLetter } from "../../core/dead-letter-ports.ts";
import type { DeadLetter } from "../../core/ports.ts";
import { readOrder } from "../alert-desk.ts";
import { mayUse } from "../auth.ts";
import { JSON_TYPES, readRawBodies } from "../body-parser.ts";
import { type DeadLetterOrder, readFilter, readWhich } from "../dead-letter-order.ts";
import { createDeadLetterMetrics } from "../dead-letter-metrics.ts";
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, SMALL_BODY_LIMIT } from "../limits.ts";
import { decodeCursor, encodeCursor, invalid } from "../list-cursor.ts";
import { BODY_OPTIONAL } from "../openapi.ts";
import type { ApiParts } from "../parts.ts";
import { redrive } from "../redrive.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, INTAKE_ERRORS, routeErrors } from "../route-errors.ts";
import { compileCheck, inputInvalid } from "../schema-check.ts";
import { deadLetterFilters, discardOrder, redriveOrder } from "../schemas/dead-letter.ts";
import { closed, ref } from "../schemas/field.ts";

const faultsOfRedrive = compileCheck(redriveOrder);
const faultsOfDiscard = compileCheck(discardOrder);

const listQuery = Type.Object(
  {
    ...deadLetterFilters,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: LIST_LIMIT_MAX, description: `${LIST_LIMIT_DEFAULT} by default.` }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 4_096, description: "`nextCursor` of the page before." })),
    body: Type.Optional(Type.Boolean({ description: "With the input itself; needs the scope `admin`." })),
  },
  closed,
);

const params = Type.Object({
  deadLetterId: Type.String({ minLength: 1, maxLength: 255, description: "Its id." }),
});

export function deadLetterRoutes(app: RouteApp, parts: ApiParts): void {
  const { deadLetters, clock, registry } = parts;
  const { settled } = createDeadLetterMetrics(registry, deadLetters);
  readRawBodies(app, JSON_TYPES, SMALL_BODY_LIMIT);

  app.get(
    "/v1/dead-letters",
    {
      config: { scope: "read" },
      schema: {
        operationId: "listDeadLetters",
        tags: ["stream"],
        summary: "Input that could not be read, newest first",
        description: "Bodies may hold personal data, so they are shown to admins only, on demand.",
        querystring: listQuery,
        response: { 200: ref("DeadLetterList"), ...routeErrors("read", "CURSOR_INVALID") },
      },
    },
    async ({ query, caller }) => {
      const { limit = LIST_LIMIT_DEFAULT, cursor, body = false, ...filters } = query;
      if (body && !mayUse(caller, "admin")) {
        throw new After202Error(
          "SCOPE_MISSING",
          "Bodies need the scope admin; leave out body=true, or use such a key.",
        );
      }
      const bound = { list: "dead-letters", ...filters };
      const after = cursor === undefined ? undefined : positionOf(decodeCursor(cursor, bound));
      const letters = await deadLetters.listDeadLetters(readFilter(filters, clock.now()), limit + 1, after);
      const page = letters.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((letter) => deadLetterJson(letter, body)),
        nextCursor:
          last === undefined || letters.length <= limit
            ? null
            : encodeCursor([last.at, last.deadLetterId], bound),
      };
    },
  );

  app.get(
    "/v1/dead-letters/:deadLetterId",
    {
      config: { scope: "read" },
      schema: {
        operationId: "showDeadLetter",
        tags: ["stream"],
        summary: "One dead letter, with the places of its faults",
        description:
          "Also one that was redriven or discarded, until its retention ends. The body is for admins: it may hold personal data.",
        params,
        querystring: Type.Object({}, closed),
        response: { 200: ref("DeadLetterDetail"), ...routeErrors("read", "DEAD_LETTER_UNKNOWN") },
      },
    },
    async ({ params: { deadLetterId }, caller }) => {
      const letter = await deadLetters.findDeadLetter(deadLetterId);
      if (letter === undefined) {
        throw new After202Error(
          "DEAD_LETTER_UNKNOWN",
          "No dead letter has this id; GET /v1/dead-letters lists those there are.",
        );
      }
      return deadLetterDetailJson(letter, mayUse(caller, "admin"));
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
          "Those named, those of a filter, or without a body all of them. What can be read now is stored and leaves the list.",
        querystring: Type.Object({}, closed),
        ...BODY_OPTIONAL,
        body: { content: { "application/json": { schema: ref("RedriveOrder") } } },
        response: { 200: ref("RedriveReport"), ...routeErrors("admin", ...BODY_ERRORS, ...INTAKE_ERRORS) },
      },
    },
    async ({ body }) => {
      const order = readOrder<DeadLetterOrder>(body, faultsOfRedrive, {});
      const report = await redrive(parts, readWhich(order, clock.now()));
      settled.inc({ outcome: "redriven" }, report.redriven);
      return report;
    },
  );

  app.post(
    "/v1/dead-letters/discard",
    {
      config: { scope: "admin" },
      bodyLimit: SMALL_BODY_LIMIT,
      schema: {
        operationId: "discardDeadLetters",
        tags: ["stream"],
        summary: "Give dead letters up",
        description:
          "They leave lists and counts for good, with their bodies, and stay away when the same input comes again. " +
          "Until their retention ends their ids can be asked for.",
        querystring: Type.Object({}, closed),
        body: { content: { "application/json": { schema: ref("DiscardOrder") } } },
        response: { 200: ref("DiscardReport"), ...routeErrors("admin", ...BODY_ERRORS) },
      },
    },
    async ({ body }) => {
      const order = readOrder<DeadLetterOrder>(body, faultsOfDiscard);
      if (Object.keys(order).length === 0) {
        throw inputInvalid([{ field: "", message: "names none: give ids, a filter, or all" }]);
      }
      const which = readWhich(order, clock.now());
      const found = order.ids === undefined ? [] : await deadLetters.findDeadLetters(order.ids);
      const known = new Set(found.map((letter) => letter.deadLetterId));
      const discarded = await deadLetters.settleDeadLetters(which, "discarded", clock.now());
      settled.inc({ outcome: "discarded" }, discarded);
      return { discarded, unknown: (order.ids ?? []).filter((id) => !known.has(id)) };
    },
  );
}

function deadLetterJson(letter: DeadLetter, withBody: boolean) {
  const { deadLetterId, at, path, source, code, reason, eventId, body, encoding } = letter;
  const told = { deadLetterId, at: timeText(at), path, source, code, reason, eventId };
  return withBody ? { ...told, body, encoding } : told;
}

function deadLetterDetailJson(letter: KnownDeadLetter, mayRead: boolean) {
  const { state, settledAt } = letter;
  const faults = state === "waiting" ? diagnose(letter) : undefined;
  return {
    ...deadLetterJson(letter, mayRead && state === "waiting"),
    state,
    settledAt: settledAt === null ? null : timeText(settledAt),
    readable: faults === undefined ? null : faults.length === 0,
    faults: faults ?? [],
  };
}

function positionOf([at, deadLetterId]: readonly unknown[]): DeadLetterPosition {
  if (typeof at === "number" && typeof deadLetterId === "string") return { at, deadLetterId };
  throw invalid();
}
