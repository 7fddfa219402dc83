/**
 * Requests: one by its id, and lists of them.
 */
import { Type, type Static } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { lifecycleJson } from "../../core/lifecycle-json.ts";
import type { ListPosition, RequestFilter } from "../../core/ports.ts";
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from "../limits.ts";
import { decodeCursor, encodeCursor, invalid } from "../list-cursor.ts";
import type { ApiParts } from "../parts.ts";
import { requestParams } from "../path-id.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { closed, ref } from "../schemas/field.ts";
import { requestFilters } from "../schemas/request-filter.ts";
import { bound, checkInterval, readBound } from "../time-bound.ts";

const listQuery = Type.Object(
  {
    ...requestFilters,
    since: bound("Only those that began at this time or later."),
    until: bound("Only those that began before this time."),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: LIST_LIMIT_MAX, description: `${LIST_LIMIT_DEFAULT} by default.` }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 4_096, description: "`nextCursor` of the page before, filters unchanged." }),
    ),
  },
  closed,
);

type ListQuery = Static<typeof listQuery>;

export function requestRoutes(app: RouteApp, parts: ApiParts): void {
  const { ledger, clock } = parts;

  app.get(
    "/v1/requests/:requestId",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getRequest",
        tags: ["requests"],
        summary: "What became of a request",
        description: "Slashes in the id may be encoded or not.",
        params: requestParams,
        querystring: Type.Object({}, closed),
        response: { 200: ref("Lifecycle"), ...routeErrors("read", "REQUEST_UNKNOWN") },
      },
    },
    ({ params }) => answerRequest(parts, params.requestId),
  );

  app.get(
    "/v1/requests",
    {
      config: { scope: "read" },
      schema: {
        operationId: "listRequests",
        tags: ["requests"],
        summary: "Requests, newest first",
        querystring: listQuery,
        response: { 200: ref("LifecycleList"), ...routeErrors("read", "CURSOR_INVALID") },
      },
    },
    async ({ query }) => {
      const { cursor, limit = LIST_LIMIT_DEFAULT, ...filters } = query;
      const filter = filterOf(filters, clock.now());
      const after = cursor === undefined ? undefined : positionOf(decodeCursor(cursor, filters));
      const page = await ledger.list(filter, after, limit);
      const now = clock.now();
      return {
        items: page.items.map((one) => lifecycleJson(one, now)),
        nextCursor:
          page.next === undefined ? null : encodeCursor([page.next.t0, page.next.requestId], filters),
      };
    },
  );
}

/** @throws After202Error REQUEST_UNKNOWN */
export async function answerRequest({ ledger, persons, clock }: ApiParts, requestId: string) {
  const one = await ledger.get(requestId);
  if (one === undefined) throw requestUnknown();
  return lifecycleJson(one, clock.now(), await persons.countMissing([one]));
}

export function requestUnknown(): After202Error {
  return new After202Error(
    "REQUEST_UNKNOWN",
    "Nothing of this request has arrived; check the id, or ask again: submissions and events may still be under way.",
  );
}

function filterOf(query: Omit<ListQuery, "cursor" | "limit">, now: number): RequestFilter {
  const { since, until, ...rest } = query;
  const from = since === undefined ? undefined : readBound("since", since, now);
  const to = until === undefined ? undefined : readBound("until", until, now);
  if (from !== undefined && to !== undefined) checkInterval(from, to);
  return {
    ...(rest as RequestFilter),
    ...(from === undefined ? {} : { since: from }),
    ...(to === undefined ? {} : { until: to }),
  };
}

function positionOf([t0, requestId]: readonly unknown[]): ListPosition {
  if (typeof t0 === "number" && typeof requestId === "string") return { t0, requestId };
  throw invalid();
}
