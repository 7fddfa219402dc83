/**
 * Reading journals again: asked for, and how far it has come.
 */
import { Type } from "typebox";
import { JOURNAL_KEEPS_MS } from "../../core/coverage.ts";
import { After202Error } from "../../core/errors.ts";
import { bytesOf, JSON_TYPES, readJson, readRawBodies, readUtf8 } from "../body-parser.ts";
import { SMALL_BODY_LIMIT } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import { repairJson } from "../repair-json.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, routeErrors } from "../route-errors.ts";
import { compileCheck, inputInvalid } from "../schema-check.ts";
import { backfillOrder } from "../schemas/coverage.ts";
import { closed, ref } from "../schemas/field.ts";
import { readBound } from "../time-bound.ts";

const faultsOfOrder = compileCheck(backfillOrder);

export function backfillRoutes(app: RouteApp, { repairs, clock, speed = 1 }: ApiParts): void {
  readRawBodies(app, JSON_TYPES, SMALL_BODY_LIMIT);

  app.post(
    "/v1/stream/backfill",
    {
      config: { scope: "admin" },
      bodyLimit: SMALL_BODY_LIMIT,
      schema: {
        operationId: "backfillStream",
        tags: ["stream"],
        summary: "Read journals again",
        description:
          "From some time on until now, beside reading on; what is known already counts once. Answers when it has begun.",
        querystring: Type.Object({}, closed),
        body: { content: { "application/json": { schema: ref("BackfillOrder") } } },
        response: {
          202: ref("RepairList"),
          ...routeErrors("admin", ...BODY_ERRORS, "JOURNAL_UNKNOWN", "BACKFILL_RUNNING"),
        },
      },
    },
    async (request, reply) => {
      const order = readJson(readUtf8(bytesOf(request.body)));
      const faults = faultsOfOrder(order);
      if (faults.length > 0) throw inputInvalid(faults);
      const { since, source } = order as { since: string; source?: string };
      const runs = await repairs.ask(readSince(since, clock.now(), JOURNAL_KEEPS_MS / speed), source);
      return reply.code(202).send({ items: runs.map(repairJson) });
    },
  );

  app.get(
    "/v1/stream/repairs/:repairId",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getRepair",
        tags: ["stream"],
        summary: "How far reading a journal again has come",
        params: Type.Object(
          { repairId: Type.String({ maxLength: 64, description: "As it was answered when it began." }) },
          closed,
        ),
        querystring: Type.Object({}, closed),
        response: { 200: ref("Repair"), ...routeErrors("read", "REPAIR_UNKNOWN") },
      },
    },
    async ({ params }) => {
      const run = await repairs.findRepair(params.repairId);
      if (run !== undefined) return repairJson(run);
      throw new After202Error(
        "REPAIR_UNKNOWN",
        "No reading of a journal has this id; /v1/stream lists them.",
      );
    },
  );
}

function readSince(text: string, now: number, keepsMs: number): number {
  const since = readBound("since", text, now);
  if (since < now && since >= now - keepsMs) return since;
  throw inputInvalid([
    { field: "since", message: "must be in the past, and at most 7 days: the journal keeps no more" },
  ]);
}
