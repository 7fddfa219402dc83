/**
 * Correlations: all requests of a job, a backfill, a campaign, as one.
 */
import { Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { correlationJson } from "../../core/lifecycle-json.ts";
import { ROLLUP_ITEMS_MAX } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import { correlationParams, readRestId, restOf } from "../path-id.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { closed, ref } from "../schemas/field.ts";

const rollupQuery = Type.Object(
  {
    requests: Type.Optional(
      Type.Boolean({ description: `With the requests themselves, at most ${ROLLUP_ITEMS_MAX} of them.` }),
    ),
  },
  closed,
);

export function correlationRoutes(app: RouteApp, { ledger, persons, clock }: ApiParts): void {
  app.get(
    "/v1/correlations/:correlationId",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getCorrelation",
        tags: ["requests"],
        summary: "What became of all requests of a correlation id",
        description:
          "Correlation ids are paths: `job` stands for all requests of `job`, `job/17`, `job/17/2` …, as one. Slashes in the id may " +
          "be encoded or not.",
        params: correlationParams,
        querystring: rollupQuery,
        response: { 200: ref("Correlation"), ...routeErrors("read", "CORRELATION_UNKNOWN") },
      },
    },
    ({ params, query }) => answer(params.correlationId, query.requests),
  );

  app.get(
    "/v1/correlations/*",
    { config: { scope: "read" }, schema: { hide: true, querystring: rollupQuery } },
    ({ params, query }) => answer(readRestId(restOf(params), "correlationId"), query.requests),
  );

  async function answer(correlationId: string, withRequests = false) {
    const rollup = await ledger.correlation(correlationId, !withRequests);
    if (rollup === undefined) {
      throw new After202Error(
        "CORRELATION_UNKNOWN",
        "No request with this correlation id has arrived; check the id, or ask again in a moment.",
      );
    }
    const requests = rollup.requests.slice(0, ROLLUP_ITEMS_MAX);
    const missing = await persons.countMissing(rollup.requests);
    return {
      ...correlationJson({ ...rollup, requests }, clock.now(), withRequests, missing),
      ...(withRequests ? { itemsOmitted: rollup.requests.length - requests.length } : {}),
    };
  }
}
