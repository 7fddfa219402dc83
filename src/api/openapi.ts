/**
 * The OpenAPI 3.1 document, made from the routes themselves.
 */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { ALERT_SCHEMAS } from "./schemas/alert.ts";
import { SILENCE_SCHEMAS } from "./schemas/alert-silence.ts";
import { COVERAGE_SCHEMAS } from "./schemas/coverage.ts";
import { DEAD_LETTER_SCHEMAS } from "./schemas/dead-letter.ts";
import { LIFECYCLE_SCHEMAS } from "./schemas/lifecycle.ts";
import { MISSING_PERSONS_SCHEMAS } from "./schemas/missing-persons.ts";
import { REPROCESS_SCHEMAS } from "./schemas/reprocess.ts";
import { STATS_SCHEMAS } from "./schemas/stats.ts";
import { STREAM_SCHEMAS } from "./schemas/stream.ts";
import { SUBMISSION_SCHEMAS } from "./schemas/submission.ts";

const DESCRIPTION = `What became of a request after its \`202 Accepted\`.

Times are RFC 3339 in UTC with milliseconds, durations carry their unit in the name. Every fault is answered as
\`{"error":{"code","message","details"}}\`; codes stay, messages may change. Answers that may succeed later carry \`Retry-After\`.

Keys have scopes: \`submit\` (submissions, relayed events), \`read\`, \`admin\` (everything). Make one with
\`after202 keys create --name N --scopes read\`, and send it as \`Authorization: Bearer\` or \`X-Api-Key\`.`;

const TAGS = [
  { name: "requests", description: "What became of a request, and of all requests of a correlation." },
  { name: "submissions", description: "What the submitting side tells of its own HTTP attempts." },
  { name: "events", description: "Events of the stream, pushed by the upstream or by relays." },
  { name: "stream", description: "Whether the stream can be relied on, and what could not be read." },
  { name: "alerts", description: "What needs somebody, who was told of it, and what is kept quiet." },
  { name: "service", description: "Health, metrics and documentation." },
];

/** Registers before the routes do. */
export async function documentRoutes(app: FastifyInstance, version: string): Promise<void> {
  for (const schemas of [
    LIFECYCLE_SCHEMAS,
    MISSING_PERSONS_SCHEMAS,
    SUBMISSION_SCHEMAS,
    COVERAGE_SCHEMAS,
    STREAM_SCHEMAS,
    STATS_SCHEMAS,
    DEAD_LETTER_SCHEMAS,
    REPROCESS_SCHEMAS,
    ALERT_SCHEMAS,
    SILENCE_SCHEMAS,
  ]) {
    for (const schema of schemas) app.addSchema(schema);
  }
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "after202",
        version,
        description: DESCRIPTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/", description: "This service" }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "An API key: `a202_…`." },
          apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: "An API key: `a202_…`." },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json.$id === "string" ? json.$id : `Schema${index}`,
    },
    transform: ({ schema, url, route }) => {
      const scope = route.config?.scope ?? "open";
      const security = scope === "open" ? [] : [{ bearer: [] }, { apiKey: [] }];
      const { description } = schema;
      const needed = scope === "open" ? "Needs no key." : `Needs the scope \`${scope}\`.`;
      const told = description === undefined ? needed : `${description}\n\n${needed}`;
      return { url, schema: { ...schema, security, description: told } };
    },
    transformObject: (document) => {
      if (!("openapiObject" in document)) return document.swaggerObject;
      for (const path of Object.values(document.openapiObject.paths ?? {})) optionalBody(path?.post);
      return document.openapiObject;
    },
  });
}

/** The generator takes every body for required; a route that can do without says so by this mark. */
export const BODY_OPTIONAL = { "x-body-optional": true };

function optionalBody(operation: object | undefined): void {
  if (operation === undefined || !("x-body-optional" in operation) || !("requestBody" in operation)) return;
  Object.assign(operation.requestBody as object, { required: false });
  delete operation["x-body-optional"];
}
