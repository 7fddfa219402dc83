/**
 * Silences: what keeps the hooks quiet, making one, ending one.
 */
import { randomUUID } from "node:crypto";
import { type Static, Type } from "typebox";
import { parseDuration } from "../../core/duration.ts";
import { After202Error } from "../../core/errors.ts";
import { timeText } from "../../core/lifecycle-json.ts";
import type { Matcher, Silence } from "../../core/silence.ts";
import { readOrder } from "../alert-desk.ts";
import { silenceJson } from "../alert-json.ts";
import { JSON_TYPES, readRawBodies } from "../body-parser.ts";
import { MAX_ID_LENGTH, SMALL_BODY_LIMIT } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, routeErrors } from "../route-errors.ts";
import { compileCheck, inputInvalid } from "../schema-check.ts";
import { silenceOrder } from "../schemas/alert-silence.ts";
import { closed, ref } from "../schemas/field.ts";
import { parseTime } from "../time-input.ts";

const faultsOfOrder = compileCheck(silenceOrder);

const silenceId = Type.String({ minLength: 1, maxLength: MAX_ID_LENGTH, description: "The silence's id." });

export function silenceRoutes(app: RouteApp, parts: ApiParts): void {
  const { clock } = parts;
  readRawBodies(app, JSON_TYPES, SMALL_BODY_LIMIT);

  app.get(
    "/v1/silences",
    {
      config: { scope: "read" },
      schema: {
        operationId: "listSilences",
        tags: ["alerts"],
        summary: "Silences that hold now, or will",
        querystring: Type.Object({}, closed),
        response: { 200: ref("SilenceList"), ...routeErrors("read") },
      },
    },
    async () => ({ items: (await parts.alerts.store.silences(clock.now())).map(silenceJson) }),
  );

  app.post(
    "/v1/silences",
    {
      config: { scope: "admin" },
      bodyLimit: SMALL_BODY_LIMIT,
      schema: {
        operationId: "createSilence",
        tags: ["alerts"],
        summary: "Keep the hooks quiet for a time",
        description: "Matching alerts go on being evaluated and listed.",
        querystring: Type.Object({}, closed),
        body: { content: { "application/json": { schema: ref("SilenceOrder") } } },
        response: { 201: ref("Silence"), ...routeErrors("admin", ...BODY_ERRORS) },
      },
    },
    async ({ body }, reply) => {
      const desk = parts.alerts;
      const order = readOrder<Static<typeof silenceOrder>>(body, faultsOfOrder);
      const silence = silenceOf(order, clock.now());
      await desk.store.saveSilence(silence);
      return reply.code(201).send(silenceJson(silence));
    },
  );

  const ending = (operationId: string) => ({
    operationId,
    tags: ["alerts"],
    summary: "End a silence",
    response: { 200: ref("SilenceEnd"), ...routeErrors("admin", "SILENCE_UNKNOWN") },
  });
  const end = async (id: string) => {
    const now = clock.now();
    if (await parts.alerts.store.endSilence(id, now)) return { silenceId: id, until: timeText(now) };
    throw new After202Error(
      "SILENCE_UNKNOWN",
      "No silence that holds or will has this id; GET /v1/silences lists those there are.",
    );
  };

  app.delete(
    "/v1/silences/:silenceId",
    {
      config: { scope: "admin" },
      schema: {
        ...ending("endSilence"),
        params: Type.Object({ silenceId }),
        querystring: Type.Object({}, closed),
      },
    },
    ({ params }) => end(params.silenceId),
  );

  app.delete(
    "/v1/silences",
    {
      config: { scope: "admin" },
      schema: { ...ending("endSilenceById"), querystring: Type.Object({ silenceId }, closed) },
    },
    ({ query }) => end(query.silenceId),
  );
}

function silenceOf(order: Static<typeof silenceOrder>, now: number): Silence {
  const startsAt = order.startsAt === undefined ? now : parseTime(order.startsAt);
  if (startsAt === undefined) {
    throw inputInvalid([{ field: "startsAt", message: "must be an RFC 3339 time" }]);
  }
  const lengthMs = parseDuration(order.until);
  const until = lengthMs === undefined ? parseTime(order.until) : startsAt + lengthMs;
  if (until === undefined) {
    throw inputInvalid([{ field: "until", message: "must be an RFC 3339 time or a duration such as 2h" }]);
  }
  if (until <= Math.max(now, startsAt)) {
    throw inputInvalid([{ field: "until", message: "must be later than now and than startsAt" }]);
  }
  if (until >= FOREVER) throw inputInvalid([{ field: "until", message: "must be before the year 2100" }]);
  return {
    silenceId: randomUUID(),
    matchers: order.matchers.map(({ label, match = "=", value }) => ({ label, match, value }) as Matcher),
    startsAt,
    until,
    createdBy: order.by ?? "",
    comment: order.comment ?? "",
  };
}

const FOREVER = Date.UTC(2100, 0, 1);
