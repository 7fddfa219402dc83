/** The document is complete and true; every other test holds its answers to it. */
import { describe, expect, it } from "vitest";
import { Compile } from "typebox/compile";
import { SAMPLE_LIFECYCLE } from "../../src/api/schemas/sample.ts";
import { ERROR_CATALOGUE, isErrorCode } from "../../src/core/errors.ts";
import { isObject, type JsonObject } from "../../src/core/json.ts";
import { startApi } from "./api-fixture.ts";
import { type Document, inline, type Operation } from "./documented.ts";

function operationsOf(document: Document): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
}

/** Every schema under the value, with the place where it stands. */
function* walk(value: unknown, place: string): Generator<[string, JsonObject]> {
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* walk(one, `${place}[${index}]`);
  } else if (isObject(value)) {
    yield [place, value];
    for (const [key, one] of Object.entries(value)) yield* walk(one, `${place}.${key}`);
  }
}

function codesOf(operation: Operation): string[] {
  return Object.values(operation.responses).flatMap((response) => {
    for (const [place, schema] of walk(response, "")) {
      if (place.endsWith(".error.properties.code")) return schema["enum"] as string[];
    }
    return [];
  });
}

describe("/openapi.json", () => {
  it("is OpenAPI 3.1 and holds every route of the contract", async () => {
    const { document } = await startApi();
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(
      operationsOf(document)
        .map(([name]) => name)
        .sort(),
    ).toEqual([
      "delete /v1/silences",
      "delete /v1/silences/{silenceId}",
      "get /healthz",
      "get /metrics",
      "get /openapi.json",
      "get /readyz",
      "get /v1/alerts",
      "get /v1/alerts/{alertId}",
      "get /v1/correlations/{correlationId}",
      "get /v1/dead-letters",
      "get /v1/dead-letters/{deadLetterId}",
      "get /v1/events/adobe",
      "get /v1/live",
      "get /v1/live/ws",
      "get /v1/requests",
      "get /v1/requests/{requestId}",
      "get /v1/requests/{requestId}/missing-persons",
      "get /v1/requests/{requestId}/wait",
      "get /v1/silences",
      "get /v1/stats",
      "get /v1/stream",
      "get /v1/stream/repairs/{repairId}",
      "post /v1/alerts/test",
      "post /v1/alerts/{alertId}/acknowledge",
      "post /v1/dead-letters/discard",
      "post /v1/dead-letters/redrive",
      "post /v1/events",
      "post /v1/events/adobe",
      "post /v1/reprocess",
      "post /v1/silences",
      "post /v1/stream/backfill",
      "post /v1/submissions",
    ]);
  });

  it("holds every route that the application has", async () => {
    const { app, document } = await startApi();
    const hidden = ["/", "/docs", "/docs/", "/docs/js/scalar.js", "/docs/openapi.json", "/docs/openapi.yaml"];
    for (const url of hidden) expect(app.hasRoute({ method: "GET", url })).toBe(true);
    for (const [name] of operationsOf(document)) {
      const [method = "", path = ""] = name.split(" ");
      const url = path.replaceAll(/\{(\w+)\}/g, ":$1");
      expect([name, app.hasRoute({ method: method.toUpperCase() as "GET", url })]).toEqual([name, true]);
    }
  });

  it("says of each route what it does, and lists catalogued codes under their own status", async () => {
    const { document } = await startApi();
    for (const [name, operation] of operationsOf(document)) {
      expect([name, typeof operation["summary"], typeof operation["operationId"]]).toEqual([
        name,
        "string",
        "string",
      ]);
      expect([name, codesOf(operation)]).toEqual([
        name,
        expect.arrayContaining(["INTERNAL", "SHUTTING_DOWN"]),
      ]);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect([name, status, response["description"]]).not.toContain("Default Response");
        for (const code of codesOf({ ...operation, responses: { [status]: response } })) {
          expect([name, code, isErrorCode(code) && ERROR_CATALOGUE[code].status]).toEqual([
            name,
            code,
            Number(status),
          ]);
        }
      }
    }
  });

  it("describes every field of every schema", async () => {
    const { document } = await startApi();
    const bare: string[] = [];
    for (const [place, schema] of walk(document.components.schemas, "")) {
      if (!isObject(schema["properties"]) || place.endsWith(".properties")) continue;
      for (const [field, one] of Object.entries(schema["properties"])) {
        if (isObject(one) && one["$ref"] === undefined && typeof one["description"] !== "string") {
          bare.push(`${place}.${field}`);
        }
      }
    }
    expect(bare).toEqual([]);
  });

  it("describes every parameter", async () => {
    const { document } = await startApi();
    for (const [name, operation] of operationsOf(document)) {
      for (const parameter of (operation["parameters"] ?? []) as JsonObject[]) {
        expect([name, parameter["name"], typeof parameter["description"]]).toEqual([
          name,
          parameter["name"],
          "string",
        ]);
      }
    }
  });

  it("points nowhere but to schemas that it holds, and compiles", async () => {
    const { document } = await startApi();
    for (const [id, schema] of Object.entries(document.components.schemas)) {
      expect(() => Compile(inline(document, schema) as JsonObject), id).not.toThrow();
    }
    expect(() => inline(document, document.paths)).not.toThrow();
  });

  it("shows an example of a lifecycle that fits its schema", async () => {
    const { document } = await startApi();
    const schema = document.components.schemas["Lifecycle"] ?? {};
    const examples = (schema["examples"] ?? [schema["example"]]) as unknown[];
    expect(examples).toEqual([SAMPLE_LIFECYCLE]);
    expect([...Compile(inline(document, schema) as JsonObject).Errors(SAMPLE_LIFECYCLE)]).toEqual([]);
  });

  it("does not ask for a body where none is needed", async () => {
    const { document } = await startApi();
    const bodyOf = (path: string) => document.paths[path]?.["post"]?.["requestBody"];
    expect(bodyOf("/v1/dead-letters/redrive")).toMatchObject({ required: false });
    expect(bodyOf("/v1/submissions")).toMatchObject({ required: true });
  });

  it("tells of Retry-After wherever something may succeed later", async () => {
    const { document } = await startApi();
    for (const [name, operation] of operationsOf(document)) {
      for (const status of ["429", "503"]) {
        const response = operation.responses[status];
        if (response === undefined) continue;
        expect([name, status, response["headers"]]).toMatchObject([name, status, { "retry-after": {} }]);
      }
    }
  });

  it("names the scheme by which keys are sent", async () => {
    const { document } = await startApi();
    expect(document.components).toMatchObject({
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { in: "header", name: "x-api-key" },
      },
    });
  });
});
