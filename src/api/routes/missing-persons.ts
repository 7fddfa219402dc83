/**
 * The persons that a request waits for: which of its link values nobody has upserted, as far as after202 was told.
 */
import { type Static, Type } from "typebox";
import { missingPersonsJson, type MissingPersonsPage } from "../../core/missing-persons-json.ts";
import { awaitsPersons, type MissingPerson } from "../../core/missing-persons.ts";
import { LINK_VALUES_DEFAULT, LINK_VALUES_MAX } from "../limits.ts";
import { decodeCursor, encodeCursor, invalid } from "../list-cursor.ts";
import type { ApiParts } from "../parts.ts";
import { requestParams } from "../path-id.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { closed, ref } from "../schemas/field.ts";
import { requestUnknown } from "./requests.ts";

export const missingPersonsQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LINK_VALUES_MAX,
        description: `${LINK_VALUES_DEFAULT} by default.`,
      }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 4_096, description: "`nextCursor` of the page before, of the same request." }),
    ),
  },
  closed,
);

type MissingPersonsQuery = Static<typeof missingPersonsQuery>;

export function missingPersonsRoutes(app: RouteApp, parts: ApiParts): void {
  app.get(
    "/v1/requests/:requestId/missing-persons",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getMissingPersons",
        tags: ["requests"],
        summary: "The persons that a request waits for",
        description:
          "Link values of the request of which no submission to the same instance has told the person, within 8 days. " +
          "A person that was refused, never answered, or of whose request every record failed, does not count. " +
          "Digests are those that the submitting side sent; it can turn them back, after202 cannot.",
        params: requestParams,
        querystring: missingPersonsQuery,
        response: { 200: ref("MissingPersons"), ...routeErrors("read", "REQUEST_UNKNOWN", "CURSOR_INVALID") },
      },
    },
    ({ params, query }) => answerMissingPersons(parts, params.requestId, query),
  );
}

/** @throws After202Error REQUEST_UNKNOWN, CURSOR_INVALID */
export async function answerMissingPersons(
  { ledger, persons: reader, clock }: ApiParts,
  requestId: string,
  { limit = LINK_VALUES_DEFAULT, cursor }: MissingPersonsQuery,
) {
  const bound = { missingPersonsOf: requestId };
  const after = cursor === undefined ? "" : digestOf(decodeCursor(cursor, bound));
  const one = await ledger.get(requestId);
  if (one === undefined) throw requestUnknown();
  const persons = await reader.missingOf([one]);
  const left = awaitsPersons(one)
    ? inOrder(persons?.missing ?? []).filter((person) => person.digest > after)
    : [];
  const items = left.slice(0, limit);
  const last = items.at(-1);
  const page: MissingPersonsPage = {
    persons,
    items,
    waits: await reader.waitsFor(items),
    nextCursor:
      last === undefined || left.length === items.length ? null : encodeCursor([last.digest], bound),
  };
  return missingPersonsJson(one, page, clock.now());
}

function inOrder(persons: readonly MissingPerson[]): MissingPerson[] {
  return persons.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}

function digestOf([digest]: readonly unknown[]): string {
  if (typeof digest === "string") return digest;
  throw invalid();
}
