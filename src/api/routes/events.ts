/**
 * Events from trusted relays: an event bus that forwards the stream, or `after202 replay`.
 */
import { Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { bytesOf, EVENT_TYPES, isLines, LINES_TYPES, readRawBodies } from "../body-parser.ts";
import { BODY_LIMIT } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, INTAKE_ERRORS, routeErrors } from "../route-errors.ts";
import { inputInvalid } from "../schema-check.ts";
import { closed, ref } from "../schemas/field.ts";

const SOURCE_HEADER = "x-after202-source";
const SOURCE = /^[A-Za-z0-9._-]{1,64}$/;

const anyEvents = Type.Unknown({
  description: "A CloudEvent, an array of them, a journal page, or an envelope of Amazon EventBridge.",
});
const oneEvent = Type.Unknown({ description: "A CloudEvent a line." });

const content = Object.fromEntries([
  ...EVENT_TYPES.map((mediaType) => [mediaType, { schema: anyEvents }]),
  ...LINES_TYPES.map((mediaType) => [mediaType, { schema: oneEvent }]),
]);

export function eventRoutes(app: RouteApp, { intake }: ApiParts): void {
  readRawBodies(app, [...EVENT_TYPES, ...LINES_TYPES], BODY_LIMIT);

  app.post(
    "/v1/events",
    {
      config: { scope: "submit" },
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: "relayEvents",
        tags: ["events"],
        summary: "Take in events of the stream",
        description:
          "Answers once everything is durable. Events that cannot be read do not fail the call: they go to dead letters and are " +
          "counted as `dead`.",
        querystring: Type.Object(
          {
            replay: Type.Optional(
              Type.Boolean({ description: "Duplicates are counted against the store: slower, exact." }),
            ),
          },
          closed,
        ),
        headers: Type.Object({
          [SOURCE_HEADER]: Type.Optional(
            Type.String({
              description: "Name of the relay, for metrics and dead letters; `relay` by default.",
            }),
          ),
        }),
        body: { content },
        response: { 200: ref("EventReceipt"), ...routeErrors("submit", ...BODY_ERRORS, ...INTAKE_ERRORS) },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- fastify awaits handlers
    async (request) => {
      const payload = bytesOf(request.body);
      if (payload.byteLength === 0) {
        throw new After202Error("INPUT_UNREADABLE", "The body is empty; send events.");
      }
      const replay = request.query.replay === true;
      const receipt = await intake.accept({
        path: replay ? "replay" : "relay",
        source: sourceOf(request.headers[SOURCE_HEADER], replay ? "replay" : "relay"),
        payload,
        lines: isLines(request.headers["content-type"]),
        exact: replay,
      });
      return {
        read: receipt.read,
        new: receipt.fresh,
        duplicate: receipt.duplicate,
        dead: receipt.dead,
      };
    },
  );
}

function sourceOf(header: unknown, fallback: string): string {
  if (header === undefined) return fallback;
  if (typeof header === "string" && SOURCE.test(header)) return header;
  throw inputInvalid([
    { field: SOURCE_HEADER, message: "must have 1 to 64 letters, digits, dots, dashes or underscores" },
  ]);
}
