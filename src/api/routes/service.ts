/**
 * The service itself: is it alive, is it ready, its metrics, its document, its front door.
 */
import { Type } from "typebox";
import { After202Error } from "../../core/errors.ts";
import type { ApiParts } from "../parts.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { closed, untied } from "../schemas/field.ts";
import { storeAnswers } from "../store-answers.ts";

const html = (body: string): string =>
  `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>after202</title><h1>after202</h1>\n${body}\n</html>\n`;

const INDEX = html(`<p>What happened after the <code>202 Accepted</code>.</p>
<ul><li><a href="/docs/">API documentation</a> (<a href="/openapi.json">OpenAPI 3.1</a>)</li>
<li><a href="/healthz">alive</a>, <a href="/readyz">ready</a></li><li><a href="/metrics">metrics</a> (scope read)</li></ul>`);

export function serviceRoutes(app: RouteApp, parts: ApiParts): void {
  const open = { config: { scope: "open" as const } };
  const text = (mediaType: string, description: string) => ({
    description,
    content: { [mediaType]: { schema: Type.String({ description }) } },
  });

  app.get(
    "/healthz",
    {
      ...open,
      schema: {
        operationId: "getHealth",
        tags: ["service"],
        summary: "The process is alive",
        response: untied({
          200: Type.Object(
            {
              status: Type.Enum(["alive"], { description: "It answers." }),
              version: Type.String({ description: "Version of after202." }),
              roles: Type.Array(Type.String(), { description: "Roles of this process." }),
            },
            { ...closed, description: "Alive." },
          ),
          ...routeErrors("open"),
        }),
      },
    },
    () => ({ status: "alive", version: parts.version, roles: parts.roles }),
  );

  app.get(
    "/readyz",
    {
      ...open,
      schema: {
        operationId: "getReadiness",
        tags: ["service"],
        summary: "Everything it needs answers",
        response: untied({
          200: Type.Object(
            {
              status: Type.Enum(["ready"], { description: "Send traffic." }),
              parts: Type.Object(
                {
                  store: Type.Enum(["up"], { description: "ClickHouse answers." }),
                  alerts: Type.Optional(
                    Type.Enum(["leading", "standby"], {
                      description:
                        "With the role alerts: whether this process runs alerting, or waits to take over from another.",
                    }),
                  ),
                },
                { ...closed, description: "What it needs." },
              ),
            },
            { ...closed, description: "Ready." },
          ),
          ...routeErrors("open", "STORE_UNAVAILABLE"),
        }),
      },
    },
    async (_request, reply) => {
      if (await storeAnswers(parts.health)) {
        const alerts = parts.roles.includes("alerts") && {
          alerts: parts.alerts.leads() ? "leading" : "standby",
        };
        return { status: "ready", parts: { store: "up", ...alerts } };
      }
      const { code, message } = new After202Error(
        "STORE_UNAVAILABLE",
        "ClickHouse does not answer; send traffic elsewhere and look at its log.",
      );
      void reply.code(503).header("retry-after", "5");
      return { error: { code, message, details: { parts: { store: "away" } } } };
    },
  );

  app.get(
    "/metrics",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getMetrics",
        tags: ["service"],
        summary: "Metrics for Prometheus",
        response: untied({ 200: text("text/plain", "Prometheus text format."), ...routeErrors("read") }),
      },
    },
    async (_request, reply) => reply.type(parts.registry.contentType).send(await parts.registry.metrics()),
  );

  app.get(
    "/openapi.json",
    {
      ...open,
      schema: {
        operationId: "getOpenApi",
        tags: ["service"],
        summary: "This document",
        response: untied({
          200: Type.Object({}, { additionalProperties: true, description: "OpenAPI 3.1." }),
          ...routeErrors("open"),
        }),
      },
    },
    () => app.swagger(),
  );

  app.get("/", { ...open, schema: { hide: true } }, (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(INDEX),
  );
}
