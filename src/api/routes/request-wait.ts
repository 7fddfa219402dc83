/**
 * Long poll: answers when the request is settled, or as it stands when the time is up.
 */
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { lifecycleJson } from "../../core/lifecycle-json.ts";
import { WAIT_DEFAULT_MS, WAIT_MAX_MS } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import { readRestId, requestParams, restOf } from "../path-id.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { closed, ref } from "../schemas/field.ts";
import type { SettlementWatch } from "../settlement-watch.ts";
import { answerMissingPersons, missingPersonsQuery } from "./missing-persons.ts";
import { answerRequest, requestUnknown } from "./requests.ts";

const WAIT = "/wait";
const MISSING_PERSONS = "/missing-persons";

const waitQuery = Type.Object(
  {
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: WAIT_MAX_MS,
        description: `How long to wait, in milliseconds; ${WAIT_DEFAULT_MS} by default.`,
      }),
    ),
  },
  closed,
);

const restQuery = Type.Object({ ...waitQuery.properties, ...missingPersonsQuery.properties }, closed);

/** The rest route takes ids with bare slashes: for the request itself, for waiting, and for its missing persons. */
export function requestWaitRoutes(app: RouteApp, parts: ApiParts, watch: SettlementWatch): void {
  app.get(
    "/v1/requests/:requestId/wait",
    {
      config: { scope: "read", longPoll: true },
      exposeHeadRoute: false,
      schema: {
        operationId: "waitForRequest",
        tags: ["requests"],
        summary: "Wait until a request is settled",
        description:
          "Answers as soon as the request is in a terminal state, else with its present state when the time is up. " +
          "A request that is not known yet is waited for as well; 404 comes at the end of the time. " +
          "Through proxies that end idle connections, wait in turns of less than their limit.",
        params: requestParams,
        querystring: waitQuery,
        response: { 200: ref("Lifecycle"), ...routeErrors("read", "REQUEST_UNKNOWN") },
      },
    },
    ({ params, query }, reply) => wait(params.requestId, query.timeoutMs, reply),
  );

  app.get(
    "/v1/requests/*",
    {
      config: { scope: "read", longPoll: true },
      exposeHeadRoute: false,
      schema: { hide: true, querystring: restQuery },
    },
    ({ params, query }, reply) => {
      const rest = restOf(params);
      if (rest.endsWith(MISSING_PERSONS)) {
        const requestId = readRestId(rest.slice(0, -MISSING_PERSONS.length), "requestId");
        return answerMissingPersons(parts, requestId, query);
      }
      if (!rest.endsWith(WAIT)) return answerRequest(parts, readRestId(rest, "requestId"));
      return wait(readRestId(rest.slice(0, -WAIT.length), "requestId"), query.timeoutMs, reply);
    },
  );

  async function wait(requestId: string, timeoutMs = WAIT_DEFAULT_MS, reply: FastifyReply) {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    reply.raw.once("close", leave);
    try {
      const one = await watch.settled(requestId, timeoutMs, gone.signal);
      if (one === undefined) throw requestUnknown();
      return lifecycleJson(one, parts.clock.now(), await parts.persons.countMissing([one]));
    } finally {
      reply.raw.off("close", leave);
    }
  }
}
