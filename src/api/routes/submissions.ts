/**
 * Submissions: what the submitting side tells of its own HTTP attempts.
 */
import { Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { linkKeysOf, requestIdOf, submissionFacts, type SubmissionInput } from "../../core/submission.ts";
import { bytesOf, JSON_TYPES, LINES_TYPES, readRawBodies } from "../body-parser.ts";
import { BODY_LIMIT, MAX_SUBMISSIONS } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import { problemOf } from "../problem.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, INTAKE_ERRORS, routeErrors } from "../route-errors.ts";
import { closed, ref } from "../schemas/field.ts";
import { readSubmissions, type SubmissionItem } from "../submission-body.ts";

const oneOrMore = Type.Union(
  [ref("Submission"), Type.Array(ref("Submission"), { minItems: 1, maxItems: MAX_SUBMISSIONS })],
  { description: `One submission, or up to ${MAX_SUBMISSIONS}.` },
);

const content = Object.fromEntries([
  ...JSON_TYPES.map((mediaType) => [mediaType, { schema: oneOrMore }]),
  ...LINES_TYPES.map((mediaType) => [mediaType, { schema: ref("Submission") }]),
]);

export function submissionRoutes(app: RouteApp, { intake }: ApiParts): void {
  readRawBodies(app, [...JSON_TYPES, ...LINES_TYPES], BODY_LIMIT);

  app.post(
    "/v1/submissions",
    {
      config: { scope: "submit" },
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: "submit",
        tags: ["submissions"],
        summary: "Record what was sent",
        description:
          `One submission, an array, or one a line (NDJSON); at most ${MAX_SUBMISSIONS} and 16 MB. Answers once everything is ` +
          "durable. Sent again, a submission counts once. Of several, those that are invalid are refused one by one and the " +
          "others are stored: look at `items`. When none is valid the answer is 400, with `details.items`.",
        querystring: Type.Object({}, closed),
        body: { content },
        response: {
          202: ref("SubmissionAnswer"),
          ...routeErrors("submit", ...BODY_ERRORS, ...INTAKE_ERRORS),
        },
      },
    },
    async (request, reply) => {
      const items = readSubmissions(bytesOf(request.body), request.headers["content-type"]);
      const inputs = items.filter((item): item is SubmissionInput => !(item instanceof After202Error));
      if (inputs.length === 0) throw noneValid(items);
      await intake.acceptFacts(
        inputs.flatMap((input) => submissionFacts(input)),
        inputs.flatMap((input) => linkKeysOf(input)),
      );
      void reply.code(202);
      return {
        items: items.map(answerItem),
        stored: inputs.length,
        invalid: items.length - inputs.length,
      };
    },
  );
}

function answerItem(item: SubmissionItem, index: number) {
  if (item instanceof After202Error) return { index, status: "invalid", error: problemOf(item) };
  return { submissionId: item.submissionId, requestId: requestIdOf(item), status: "stored" };
}

/** A single one is told like any other input; of several, each. */
function noneValid(items: readonly SubmissionItem[]): After202Error {
  const [first] = items;
  if (items.length === 1 && first instanceof After202Error) return first;
  return new After202Error(
    "INPUT_INVALID",
    `None of ${items.length} submissions is valid; details tell why.`,
    {
      details: { items: items.map(answerItem) },
    },
  );
}
