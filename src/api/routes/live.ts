/**
 * Live: lifecycles as they change, over Server-Sent Events or a WebSocket.
 */
import { type Static, Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { createSseLine } from "../live/sse-line.ts";
import { createWsLine } from "../live/ws-line.ts";
import type { LiveFeed } from "../live/live-feed.ts";
import type { LiveFilter } from "../live/live-filter.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { inputInvalid } from "../schema-check.ts";
import { closed, untied } from "../schemas/field.ts";
import { requestFilters } from "../schemas/request-filter.ts";

const liveQuery = Type.Object(
  {
    ...requestFilters,
    lastEventId: Type.Optional(
      Type.String({
        maxLength: 20,
        description:
          "The `id` of the last event that was read, where the header Last-Event-ID cannot be set.",
      }),
    ),
  },
  closed,
);

const WHAT =
  "An event `lifecycle` for each request that has new facts or that the clock brings into another state, with the whole " +
  "lifecycle; at least once. `id` tells where to go on after a break (up to five minutes back); `gap` that changes of a " +
  "time were left out: list requests to see them. Who does not read is let go (`FOLLOWER_TOO_SLOW`).";

export function liveRoutes(app: RouteApp, feed: LiveFeed): void {
  app.get(
    "/v1/live",
    {
      config: { scope: "read", longPoll: true },
      exposeHeadRoute: false,
      schema: {
        operationId: "followRequests",
        tags: ["requests"],
        summary: "Lifecycles as they change, as Server-Sent Events",
        description: WHAT,
        querystring: liveQuery,
        response: untied({
          200: {
            description: "The stream; it ends when the service stops.",
            content: { "text/event-stream": { schema: Type.String({ description: "Server-Sent Events." }) } },
          },
          ...routeErrors("read"),
        }),
      },
    },
    ({ query, headers }, reply) => {
      const { lastEventId, ...filter } = query;
      const after = positionOf(headers["last-event-id"] || lastEventId);
      feed.requireRoom();
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no", // proxies that gather answers hold events back
        "x-content-type-options": "nosniff",
        connection: "close", // ended, it is not kept for another call: the service can stop
      });
      const line = createSseLine(reply.raw);
      const leave = feed.follow({ filter: filter as LiveFilter, after, line });
      reply.raw.once("close", () => {
        line.stop();
        leave();
      });
    },
  );

  app.route({
    method: "GET",
    url: "/v1/live/ws",
    config: { scope: "read", longPoll: true },
    exposeHeadRoute: false,
    schema: {
      operationId: "followRequestsOverWebSocket",
      tags: ["requests"],
      summary: "Lifecycles as they change, over a WebSocket",
      description: `${WHAT} Each message is \`{"event","id","data"}\` as JSON text; the close code's reason tells why it ended.`,
      querystring: liveQuery,
      response: untied({
        101: { description: "The connection is a WebSocket from now on." },
        ...routeErrors("read", "UPGRADE_REQUIRED"),
      }),
    },
    preHandler: async ({ query, ws }) => {
      if (!ws)
        throw new After202Error("UPGRADE_REQUIRED", "This is a WebSocket; without one use GET /v1/live.");
      positionOf(query.lastEventId);
      feed.requireRoom();
    },
    handler: () => undefined,
    wsHandler: (socket, { query, raw }) => {
      const { lastEventId, ...filter } = query as Static<typeof liveQuery>;
      const line = createWsLine(socket, raw.socket);
      const leave = feed.follow({ filter: filter as LiveFilter, after: positionOf(lastEventId), line });
      socket.on("close", leave);
      socket.on("error", () => socket.terminate()); // what it sends is too long, or no WebSocket
    },
  });
}

/** @throws After202Error INPUT_INVALID */
function positionOf(lastEventId: string | string[] | undefined): number | undefined {
  if (lastEventId === undefined) return undefined;
  if (typeof lastEventId === "string" && /^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw inputInvalid([{ field: "lastEventId", message: "must be the id of an event of this feed" }]);
}
