/** The stream's health, dead letters and running them again. */
import { describe, expect, it } from "vitest";
import type { DeadLetter, SourceStatus } from "../../src/core/ports.ts";
import { STORE_AWAY } from "./memory-store.ts";
import { startApi } from "./api-fixture.ts";
import { START } from "./facts.ts";

const HOUR_MS = 3_600_000;

/** In the order of their ids, as the store lists them. */
const idOf = (n: number): string => `d-${String(n).padStart(5, "0")}`;

function letter(n: number, over: Partial<DeadLetter> = {}): DeadLetter {
  return {
    deadLetterId: idOf(n),
    at: START - n,
    path: "journal",
    source: "journal-1",
    code: "EVENT_INVALID",
    reason: "data.munchkinId: expected a text, got nothing.",
    eventId: "",
    body: `{"n":${n}}`,
    encoding: "utf-8",
    ...over,
  };
}

describe("GET /v1/stream", () => {
  it("tells how far the journals are read, what lags and where gaps are", async () => {
    const source: SourceStatus = {
      name: "journal-1",
      path: "journal",
      state: "reading",
      lastReadAt: START,
      lastEventAt: START - 5_000,
      coveredUntil: START - 5_000,
      fault: null,
    };
    const api = await startApi({ sources: async () => [source] });
    const queue = { eventId: "e", instance: "123-ABC-456", at: START, requestBacklog: 3, recordBacklog: 40 };
    api.store.report = {
      cursors: [
        {
          source: "journal-1",
          next: "https://secret",
          savedAt: START,
          lastEventAt: START - 2 * HOUR_MS,
          coveredUntil: null,
          coveredFrom: null,
        },
        {
          source: "journal-2",
          next: "https://secret",
          savedAt: START - 200 * HOUR_MS,
          lastEventAt: null,
          coveredUntil: null,
          coveredFrom: null,
        },
      ],
      gaps: [{ source: "journal-2", from: START - HOUR_MS, until: START, reason: "position_expired" }],
      covered: [],
      statuses: [
        { ...queue, priority: "high", lagSeconds: 1, quota: 9_000_000 },
        { ...queue, priority: "normal", lagSeconds: 60, quota: 9_000_000 },
        { ...queue, instance: "999-XYZ-000", priority: "", lagSeconds: 0, quota: null },
      ],
      deadLetters: 7,
      lastResultAt: START - 1_000,
    };
    const delayMs = { median: 800, p99: 4_000 };
    const share = { path: "webhook", source: "webhook", first: 50, late: 40, never: 10, delayMs } as const;
    api.store.paths = { ...api.store.paths, events: 100, shares: [share] };
    const { body } = await api.call("/v1/stream");
    expect(body).toMatchObject({
      paths: {
        since: "2026-11-22T00:55:00.000Z",
        until: "2026-11-22T01:55:00.000Z",
        events: 100,
        sampled: 1,
        items: [{ ...share, loss: 0.1 }],
      },
      at: "2026-11-22T02:00:00.000Z",
      lastEventAt: "2026-11-22T01:59:55.000Z",
      lastResultAt: "2026-11-22T01:59:59.000Z",
      cursors: [
        { source: "journal-1", ageMs: 2 * HOUR_MS, expiresInMs: 166 * HOUR_MS },
        { source: "journal-2", ageMs: 200 * HOUR_MS, expiresInMs: 0, lastEventAt: null },
      ],
      sources: [{ name: "journal-1", state: "reading", fault: null }],
      gaps: [{ source: "journal-2", from: "2026-11-22T01:00:00.000Z", reason: "position_expired" }],
      instances: [
        {
          instance: "123-ABC-456",
          quota: 9_000_000,
          queues: [
            { priority: "high", lagSeconds: 1 },
            { priority: "normal", lagSeconds: 60 },
          ],
        },
        { instance: "999-XYZ-000", quota: null, queues: [] },
      ],
      deadLetters: { count: 7 },
    });
    expect(JSON.stringify(body)).not.toContain("https://secret");
  });

  it("tells the shares of the sources for the interval that is asked for", async () => {
    const api = await startApi();
    const { body } = await api.call("/v1/stream?since=PT2H&until=PT1H");
    expect(body.paths).toMatchObject({
      since: "2026-11-22T00:00:00.000Z",
      until: "2026-11-22T01:00:00.000Z",
    });
    for (const query of ["since=PT1H&until=PT2H", "since=yesterday"]) {
      const refused = await api.call(`/v1/stream?${query}`);
      expect([refused.status, refused.body.error.code]).toEqual([400, "INPUT_INVALID"]);
    }
  });
});

describe("GET /v1/dead-letters", () => {
  it("pages through all of them once, without their bodies", async () => {
    const api = await startApi();
    api.store.letters = [1, 2, 3, 4, 5].map((n) => letter(n));
    const first = await api.call("/v1/dead-letters?limit=3");
    expect(first.body.items.map((one: DeadLetter) => one.deadLetterId)).toEqual([1, 2, 3].map(idOf));
    expect(first.body.items[0].body).toBeUndefined();
    const second = await api.call(`/v1/dead-letters?limit=3&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((one: DeadLetter) => one.deadLetterId)).toEqual([4, 5].map(idOf));
    expect(second.body.nextCursor).toBeNull();
  });

  it("shows bodies to admins only", async () => {
    const api = await startApi();
    api.store.letters = [letter(1)];
    const reader = await api.key("read");
    expect((await api.call("/v1/dead-letters?body=true")).body.items[0]).toMatchObject({
      body: '{"n":1}',
      encoding: "utf-8",
    });
    const headers = { authorization: `Bearer ${reader}` };
    const refused = await api.call("/v1/dead-letters?body=true", { headers });
    expect([refused.status, refused.body.error.code]).toEqual([403, "SCOPE_MISSING"]);
    expect((await api.call("/v1/dead-letters", { headers })).status).toBe(200);
  });

  it("refuses a cursor of another list", async () => {
    const api = await startApi();
    expect((await api.call("/v1/dead-letters?cursor=abc")).body.error.code).toBe("CURSOR_INVALID");
  });
});

describe("POST /v1/dead-letters/redrive", () => {
  it("runs all again, and discards those that can be read now", async () => {
    const api = await startApi();
    api.store.letters = Array.from({ length: 1_203 }, (_, n) => letter(n));
    api.store.receiptFor = ({ payload }) =>
      String(payload) === '{"n":7}'
        ? { read: 1, fresh: 0, duplicate: 0, dead: 1 }
        : { read: 1, fresh: 1, duplicate: 0, dead: 0 };
    const { status, body } = await api.call("/v1/dead-letters/redrive", { method: "POST" });
    expect(status).toBe(200);
    expect(body).toEqual({
      read: 1_203,
      redriven: 1_202,
      dead: 1,
      unknown: [],
      new: 1_202,
      duplicate: 0,
      more: false,
    });
    expect(api.store.letters.map((one) => one.deadLetterId)).toEqual([idOf(7)]);
    expect(api.store.deliveries[0]).toMatchObject({ path: "replay", source: "journal-1", exact: true });
  });

  it("runs those named, bytes as they were, and tells which are unknown", async () => {
    const api = await startApi();
    api.store.letters = [letter(1), letter(2, { body: "/w==", encoding: "base64" })];
    const { body } = await api.post("/v1/dead-letters/redrive", { ids: [idOf(2), "d-9"] });
    expect(body).toMatchObject({ read: 1, redriven: 1, unknown: ["d-9"] });
    expect(Array.from(api.store.deliveries[0]?.payload as Uint8Array)).toEqual([0xff]);
    expect(api.store.letters).toHaveLength(1);
  });

  it("never takes in what is meant for another client", async () => {
    const api = await startApi();
    api.store.letters = [letter(1, { code: "RECIPIENT_MISMATCH" })];
    const { body } = await api.post("/v1/dead-letters/redrive", {});
    expect(body).toMatchObject({ read: 1, redriven: 0, dead: 1 });
    expect(api.store.deliveries).toEqual([]);
    expect(api.store.letters).toHaveLength(1);
  });

  it("discards nothing when the store goes away", async () => {
    const api = await startApi();
    api.store.letters = [letter(1)];
    api.store.fault = STORE_AWAY;
    const { status, body } = await api.post("/v1/dead-letters/redrive", {});
    expect([status, body.error.code]).toEqual([503, "STORE_UNAVAILABLE"]);
    expect(api.store.letters).toHaveLength(1);
  });

  it.each([[{ ids: [] }], [{ ids: "d-1" }], [{ id: "d-1" }], [[]]])("refuses %j", async (order) => {
    const api = await startApi();
    expect((await api.post("/v1/dead-letters/redrive", order)).body.error.code).toBe("INPUT_INVALID");
  });

  it("answers INPUT_UNREADABLE for a broken body", async () => {
    const api = await startApi();
    expect((await api.post("/v1/dead-letters/redrive", "{")).body.error.code).toBe("INPUT_UNREADABLE");
  });
});
