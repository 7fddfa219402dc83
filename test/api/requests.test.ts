/** Requests and correlations: one, lists, roll-ups. */
import { describe, expect, it } from "vitest";
import { startApi } from "./api-fixture.ts";
import { MINUTE_MS, result, START, submitted } from "./facts.ts";

describe("GET /v1/requests/{requestId}", () => {
  it("answers with the lifecycle, in the shape that the contract shows", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"), result("r-1", 90_000, { created: 60, updated: 30 }));
    await api.clock.advance(10 * MINUTE_MS);
    const { status, body } = await api.call("/v1/requests/r-1");
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(
      [
        ["requestId", "correlationId", "requestSource", "target", "instance", "objectType", "objectName"],
        [
          "operation",
          "priority",
          "clientId",
          "state",
          "evidence",
          "terminal",
          "linkBearing",
          "verifiable",
          "unverifiableReason",
          "records",
          "job",
          "missingPersons",
          "retry",
        ],
        [
          "submittedAt",
          "acceptedAt",
          "firstResultAt",
          "lastResultAt",
          "settledAt",
          "timeline",
          "anomalies",
          "labels",
        ],
      ]
        .flat()
        .sort(),
    );
    expect(body).toMatchObject({
      requestId: "r-1",
      state: "retrying",
      evidence: "inferred",
      terminal: false,
      linkBearing: true,
      records: { expected: 100, created: 60, updated: 30, failed: {}, outstanding: 10, superseded: {} },
      retry: { policy: "marketo-2023", attempt: 1, of: 3, nextAt: "2026-11-22T02:35:00.000Z" },
      settledAt: null,
      labels: { job: "backfill-90d", chunk: "12" },
    });
    expect(body.timeline.map((entry: { type: string }) => entry.type)).toEqual([
      "submitted",
      "accepted",
      "result",
      "retry",
    ]);
  });

  it.each([
    ["slashes, encoded", "a/b c%/17", encodeURIComponent("a/b c%/17")],
    ["slashes, as they are", "a/b//c", "a/b//c"],
    ["a tail that looks like a route, encoded", "job/wait", "job%2Fwait"],
    ["letters of any script", "отчёт-日本", encodeURIComponent("отчёт-日本")],
    ["a thousand characters", "x".repeat(1_024), "x".repeat(1_024)],
  ])("finds ids with %s", async (_what, requestId, path) => {
    const api = await startApi();
    api.store.put(submitted(requestId));
    expect((await api.call(`/v1/requests/${path}`)).body.requestId).toBe(requestId);
  });

  it("answers REQUEST_UNKNOWN for an id of which nothing has arrived", async () => {
    const api = await startApi();
    const { status, body } = await api.call("/v1/requests/nobody");
    expect([status, body.error.code]).toEqual([404, "REQUEST_UNKNOWN"]);
  });

  it("refuses an id that no store can hold", async () => {
    const api = await startApi();
    const encoded = await api.call(`/v1/requests/${"x".repeat(1_025)}`);
    expect([encoded.status, encoded.body.error.code]).toEqual([400, "INPUT_INVALID"]);
    const bare = await api.call(`/v1/requests/a/${"x".repeat(1_025)}`);
    expect([bare.status, bare.body.error.code]).toEqual([400, "INPUT_INVALID"]);
  });
});

describe("GET /v1/requests", () => {
  it("pages through everything once, newest first", async () => {
    const api = await startApi();
    const at = (n: number) => new Date(START - Math.floor(n / 2) * 1_000).toISOString();
    for (let n = 0; n < 7; n++) api.store.put(submitted(`r-${n}`, { submittedAt: at(n) }));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? "" : `&cursor=${cursor}`;
      const { body } = await api.call(`/v1/requests?limit=3&instance=123-ABC-456${next}`);
      seen.push(...body.items.map((one: { requestId: string }) => one.requestId));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(["r-1", "r-0", "r-3", "r-2", "r-5", "r-4", "r-6"]);
  });

  it("refuses a cursor under other filters, and what is no cursor", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"), submitted("r-2"));
    const { body } = await api.call("/v1/requests?limit=1&target=marketo".replace("&target=marketo", ""));
    const elsewhere = await api.call(`/v1/requests?limit=1&state=accepted&cursor=${body.nextCursor}`);
    expect([elsewhere.status, elsewhere.body.error.code]).toEqual([400, "CURSOR_INVALID"]);
    for (const cursor of ["x", "bnVsbA", Buffer.from("[1]").toString("base64url")]) {
      expect((await api.call(`/v1/requests?cursor=${cursor}`)).body.error.code).toBe("CURSOR_INVALID");
    }
  });

  it.each([
    ["state=succeeded", ["r-done"]],
    ["instance=other", ["r-other"]],
    ["correlationId=nightly%2F2", ["r-other"]],
    ["requestSource=api", ["r-other"]],
    ["objectType=person", ["r-other"]],
    ["objectName=orders", ["r-other"]],
    ["clientId=foo%40marketo.com", ["r-done"]],
    ["linkBearing=false", ["r-other"]],
    ["since=PT1H&until=PT30M", ["r-other"]],
    ["since=2026-11-22T02:00:00Z", ["r-done"]],
    ["since=2026-11-22T03:00:00%2B01:00", ["r-done"]],
    ["until=2026-11-22T02:00:00.000Z", ["r-other"]],
  ])("lists by %s", async (query, expected) => {
    const api = await startApi();
    api.store.put(submitted("r-done"), result("r-done", 60_000, { created: 100 }));
    api.store.put(
      submitted("r-other", {
        instance: "other",
        correlationId: "nightly/2",
        requestSource: "api",
        objectType: "person",
        objectName: "orders",
        linkField: "",
        submittedAt: new Date(START - 40 * MINUTE_MS).toISOString(),
      }),
    );
    const { body } = await api.call(`/v1/requests?${query}`);
    expect(body.items.map((one: { requestId: string }) => one.requestId)).toEqual(expected);
    expect(body.nextCursor).toBeNull();
  });

  it.each([
    ["state=done", "state"],
    ["limit=501", "limit"],
    ["limit=0", "limit"],
    ["limit=many", "limit"],
    ["linkBearing=perhaps", "linkBearing"],
    ["since=yesterday", "since"],
    ["since=2026-02-30T00:00:00Z", "since"],
    ["since=P", "since"],
    ["since=P1M", "since"],
    ["since=PT1H&until=PT2H", "since"],
    ["sate=accepted", "sate"],
    ["state=accepted&state=failed", "state"],
  ])("refuses %s and names the field", async (query, field) => {
    const api = await startApi();
    const { status, body } = await api.call(`/v1/requests?${query}`);
    expect([status, body.error.code]).toEqual([400, "INPUT_INVALID"]);
    expect(body.error.details.map((fault: { field: string }) => fault.field)).toContain(field);
  });
});

describe("GET /v1/correlations/{correlationId}", () => {
  it("rolls all requests up, and lists them on demand", async () => {
    const api = await startApi();
    api.store.put(submitted("r-1"), result("r-1", 60_000, { created: 100 }), submitted("r-2"));
    for (const path of ["nightly-2026-11-22/17", "nightly-2026-11-22%2F17"]) {
      const { body } = await api.call(`/v1/correlations/${path}`);
      expect(body).toMatchObject({
        correlationId: "nightly-2026-11-22/17",
        settled: false,
        requests: { total: 2, byState: { succeeded: 1, accepted: 1 } },
        records: { expected: 200, created: 100, outstanding: 100 },
        earliestDeadlineAt: "2026-11-22T03:10:00.000Z",
      });
      expect(body.items).toBeUndefined();
    }
    const { body } = await api.call("/v1/correlations/nightly-2026-11-22%2F17?requests=true");
    expect(body.items.map((one: { requestId: string }) => one.requestId).sort()).toEqual(["r-1", "r-2"]);
    expect(body.itemsOmitted).toBe(0);
  });

  it("answers CORRELATION_UNKNOWN when no request carries it", async () => {
    const api = await startApi();
    const { status, body } = await api.call("/v1/correlations/none");
    expect([status, body.error.code]).toEqual([404, "CORRELATION_UNKNOWN"]);
  });
});
