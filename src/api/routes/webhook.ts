/**
 * The webhook: its sender has no API key, its signature is checked behind `WebhookEndpoint`, over the raw bytes.
 */
import { Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import { bytesOf, readRawBodies } from "../body-parser.ts";
import { WEBHOOK_BODY_LIMIT } from "../limits.ts";
import type { ApiParts, WebhookEndpoint } from "../parts.ts";
import type { RouteApp } from "../route-app.ts";
import { BODY_ERRORS, INTAKE_ERRORS, routeErrors } from "../route-errors.ts";
import { inputInvalid } from "../schema-check.ts";
import { untied } from "../schemas/field.ts";

const URL = "/v1/events/adobe";

export function webhookRoutes(app: RouteApp, { webhook }: ApiParts): void {
  readRawBodies(app, ["*"], WEBHOOK_BODY_LIMIT);

  app.get(
    URL,
    {
      config: { scope: "open" },
      schema: {
        operationId: "answerChallenge",
        tags: ["events"],
        summary: "Answer Adobe's challenge",
        querystring: Type.Object(
          { challenge: Type.Optional(Type.String({ description: "What is to be sent back." })) },
          { additionalProperties: true },
        ),
        response: untied({
          200: {
            description: "The challenge, as it came.",
            content: { "text/plain": { schema: Type.String() } },
          },
          ...routeErrors("open", "ROUTE_UNKNOWN"),
        }),
      },
    },
    (request, reply) => {
      const answer = on(webhook).challenge(textsOf(request.query));
      if (answer === undefined) throw inputInvalid([{ field: "challenge", message: "is missing" }]);
      return reply.code(answer.status).type(answer.contentType).send(answer.body);
    },
  );

  app.post(
    URL,
    {
      config: { scope: "open" },
      bodyLimit: WEBHOOK_BODY_LIMIT,
      schema: {
        operationId: "receiveEvents",
        tags: ["events"],
        summary: "Take in what Adobe I/O Events delivers",
        description:
          "A validation request, an event, or a batch; any Content-Type, at most 2.5 MB. Answers 2xx once everything is durable. " +
          "The key is the signature in `x-adobe-digital-signature-1` and `-2`, over the body as it came.",
        body: {
          content: {
            "application/json": { schema: Type.Unknown({ description: "As Adobe I/O Events sends it." }) },
          },
        },
        response: untied({
          200: {
            description: "Everything is durable.",
            content: { "application/json": { schema: Type.Unknown({ description: "What was read." }) } },
          },
          ...routeErrors(
            "open",
            "ROUTE_UNKNOWN",
            "SIGNATURE_INVALID",
            "SIGNATURE_KEY_UNAVAILABLE",
            "RECIPIENT_MISMATCH",
            "VALIDATION_URL_REFUSED",
            ...BODY_ERRORS,
            ...INTAKE_ERRORS,
          ),
        }),
      },
    },
    async (request, reply) => {
      const answer = await on(webhook).receive(request.headers, bytesOf(request.body));
      void reply.code(answer.status).headers(answer.headers ?? {});
      return reply.send(answer.body);
    },
  );
}

function on(webhook: WebhookEndpoint | undefined): WebhookEndpoint {
  if (webhook !== undefined) return webhook;
  throw new After202Error("ROUTE_UNKNOWN", "The webhook is off; start the service with ADOBE_WEBHOOK=on.");
}

/** Of a parameter that came twice, the first. */
function textsOf(query: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]: [string, unknown]) => [name, String([value].flat()[0])]),
  );
}
