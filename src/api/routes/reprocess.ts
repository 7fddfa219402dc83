/**
 * Running stored events through the present decoder, told line by line while it goes on.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import { Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { DECODER_VERSION } from "../../core/fact.ts";
import { timeText } from "../../core/lifecycle-json.ts";
import { readOrder } from "../alert-desk.ts";
import { JSON_TYPES, readRawBodies } from "../body-parser.ts";
import { SMALL_BODY_LIMIT } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import { tellable } from "../problem.ts";
import { reprocess, type ReprocessOrder } from "../reprocess.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, routeErrors } from "../route-errors.ts";
import { compileCheck } from "../schema-check.ts";
import { closed, ref, untied } from "../schemas/field.ts";
import { reprocessOrder } from "../schemas/reprocess.ts";
import { checkInterval, readBound } from "../time-bound.ts";

const faultsOfOrder = compileCheck(reprocessOrder);
/** Lines of progress come no faster. */
const LINE_EVERY_MS = 500;

export function reprocessRoutes(app: RouteApp, parts: ApiParts): void {
  const { clock } = parts;
  const stopping = new AbortController();
  let isRunning = false;
  readRawBodies(app, JSON_TYPES, SMALL_BODY_LIMIT);
  app.addHook("preClose", async () => {
    stopping.abort(
      new After202Error("SHUTTING_DOWN", "The service is stopping; run it again when it is back."),
    );
  });

  app.post(
    "/v1/reprocess",
    {
      config: { scope: "admin", longPoll: true },
      bodyLimit: SMALL_BODY_LIMIT,
      schema: {
        operationId: "reprocessEvents",
        tags: ["stream"],
        summary: "Run stored events through the present decoder",
        description:
          "Compares the facts that it makes with those that are stored, and unless `dryRun` stores new ones and those that " +
          "outrank an older decoder's. Events are chosen by when they were stored, by ClickHouse's clock. Ends when the " +
          "caller leaves; doing it again goes on. One at a time in a process.",
        querystring: Type.Object({}, closed),
        body: { content: { "application/json": { schema: ref("ReprocessOrder") } } },
        response: untied({
          200: {
            description: "A `ReprocessLine` a line; the last one is `done` or `failed`.",
            content: { "application/x-ndjson": { schema: ref("ReprocessLine") } },
          },
          ...routeErrors("admin", ...BODY_ERRORS, "REPROCESS_RUNNING"),
        }),
      },
    },
    async ({ body, log, id }, reply) => {
      const order = orderOf(readOrder<OrderInput>(body, faultsOfOrder), clock.now());
      if (isRunning) {
        throw new After202Error(
          "REPROCESS_RUNNING",
          "Events are run again already; wait until that has ended.",
        );
      }
      isRunning = true;
      try {
        const total = await parts.history.countStoredEvents(order.since, order.until);
        reply.hijack();
        await answer(reply.raw, { parts, order, total, stopping: stopping.signal, log, logId: id });
      } finally {
        isRunning = false;
      }
    },
  );
}

interface Run {
  readonly parts: ApiParts;
  readonly order: ReprocessOrder;
  readonly total: number;
  readonly stopping: AbortSignal;
  readonly log: FastifyBaseLogger;
  readonly logId: string;
}

async function answer(response: ServerResponse, run: Run): Promise<void> {
  const { parts, order, total } = run;
  const leaving = new AbortController();
  response.once("close", () => leaving.abort(new Error("the caller has left")));
  response.writeHead(200, {
    "content-type": "application/x-ndjson; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  const { since, until, dryRun } = order;
  const head = { since: timeText(since), until: timeText(until), dryRun, decoderVersion: DECODER_VERSION };
  let rest = {};
  const tell = async (type: string, more: object = {}): Promise<void> => {
    const line = `${JSON.stringify({ type, ...head, ...rest, ...more })}\n`;
    if (!response.write(line) && !response.destroyed)
      await once(response, "drain", { signal: leaving.signal });
  };
  try {
    let toldAt = -Infinity;
    for await (const report of reprocess(parts, order, AbortSignal.any([leaving.signal, run.stopping]))) {
      rest = { ...report, events: { total: Math.max(total, report.events.read), ...report.events } };
      if (parts.clock.now() - toldAt < LINE_EVERY_MS) continue;
      toldAt = parts.clock.now();
      await tell("progress");
    }
    await tell("done");
  } catch (error) {
    if (leaving.signal.aborted) {
      run.log.info({ dryRun, since, until }, "running events again was left");
    } else {
      if (!run.stopping.aborted) run.log.error({ err: error }, "running events again failed");
      const reason: unknown = run.stopping.aborted ? run.stopping.reason : error;
      const known = reason instanceof After202Error ? reason : new After202Error("INTERNAL", "Unexpected.");
      const { code, message } = tellable(known, run.logId);
      await tell("failed", { error: { code, message } }).catch(() => undefined);
    }
  }
  response.end();
}

interface OrderInput {
  readonly since: string;
  readonly until?: string;
  readonly dryRun?: boolean;
}

/** @throws After202Error INPUT_INVALID */
function orderOf({ since, until, dryRun = false }: OrderInput, now: number): ReprocessOrder {
  const order = {
    since: readBound("since", since, now),
    until: until === undefined ? now + 1 : readBound("until", until, now),
    dryRun,
  };
  checkInterval(order.since, order.until);
  return order;
}
