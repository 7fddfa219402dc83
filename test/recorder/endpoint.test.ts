import { describe, expect, it } from "vitest";
import { findEndpoint } from "../../src/recorder/endpoint.ts";

const HOSTS = { marketo: ["127.0.0.1:8203"], salesforce: ["127.0.0.1:8203"] };
const find = (call: string) => {
  const [method = "", url = ""] = call.split(" ");
  return findEndpoint(new URL(url), method, HOSTS);
};
const MARKETO = "https://mkto-ingestion-api.adobe.io/subscriptions/123-ABC-456";
const TENANT = "https://tenant.c360a.salesforce.com/api/v1/ingest";

describe("calls that ingest", () => {
  it.each([
    ["persons", "person", "upsert", undefined],
    ["customobjects/purchases", "customObject", "upsert", "purchases"],
    ["customobjects/my%20things", "customObject", "upsert", "my things"],
    ["companies", "company", "upsert", undefined],
    ["programmembers", "programMember", "upsert", undefined],
    ["programmembers/delete", "programMember", "delete", undefined],
    ["lists", "list", "upsert", undefined],
    ["lists/remove", "list", "remove", undefined],
  ])("to Marketo are named by their path: %s", (path, objectType, operation, objectName) => {
    const found = find(`POST ${MARKETO}/${path}`);
    expect(found).toMatchObject({ target: "marketo", instance: "123-ABC-456", objectType, operation });
    expect(found?.objectName).toBe(objectName);
  });

  it.each([
    ["POST", "/sources/web/Orders", { objectType: "streaming", objectName: "Orders", operation: "upsert" }],
    [
      "DELETE",
      "/sources/web/Orders?ids=a,b,c",
      { operation: "delete", body: { kind: "counted", records: 3 } },
    ],
    ["POST", "/jobs", { objectType: "bulk", operation: "upsert" }],
    ["PUT", "/jobs/j-1/batches", { objectType: "bulk", operation: "upload", jobId: "j-1" }],
    ["PATCH", "/jobs/j-1", { objectType: "bulk", operation: "close", jobId: "j-1" }],
  ])("to Data Cloud are named by method and path: %s %s", (method, path, expected) => {
    const found = find(`${method} ${TENANT}${path}`);
    expect(found).toMatchObject({
      target: "salesforce",
      instance: "tenant.c360a.salesforce.com",
      ...expected,
    });
  });

  it("are recognised at hosts that the caller names, by port", () => {
    expect(find("POST http://127.0.0.1:8203/subscriptions/1/persons")).toBeDefined();
    expect(find("POST http://127.0.0.1:8204/subscriptions/1/persons")).toBeUndefined();
  });
});

describe("calls that ingest nothing", () => {
  it.each([
    `GET ${MARKETO}/persons`,
    `POST ${MARKETO}/unknown`,
    `POST ${MARKETO}/constructor`,
    `POST ${MARKETO}/persons/delete`,
    `POST ${MARKETO}`,
    "POST https://mkto-ingestion-api.adobe.io.evil.example/subscriptions/1/persons",
    "POST https://example.com/subscriptions/123-ABC-456/persons",
    `POST ${TENANT}/sources/web/Orders/actions/test`,
    `GET ${TENANT}/jobs/j-1`,
    `DELETE ${TENANT}/jobs/j-1`,
    `GET ${TENANT}/jobs?limit=5`,
    "POST https://salesforce.com.evil.example/api/v1/ingest/jobs",
    "POST https://tenant.c360a.salesforce.com/services/a360/token",
  ])("are left alone: %s", (call) => {
    expect(find(call)).toBeUndefined();
  });
});
