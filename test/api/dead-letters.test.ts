/** Dead letters: found by filter, shown with the place of the fault, given up; all of it counted. */
import { describe, expect, it } from "vitest";
import type { DeadLetter } from "../../src/core/ports.ts";
import { type Api, startApi } from "./api-fixture.ts";
import { START } from "./facts.ts";
import { STORE_AWAY } from "./memory-store.ts";

const BODY = '{"id":"e1","type":"gossip","time":"2026-11-22T02:00:00Z","data":{}}';

function letter(deadLetterId: string, over: Partial<DeadLetter> = {}): DeadLetter {
  return {
    deadLetterId,
    at: START,
    path: "journal",
    source: "journal-1",
    code: "EVENT_TYPE_UNKNOWN",
    reason: 'type: "gossip" is not one of the stream\'s.',
    eventId: "e1",
    body: BODY,
    encoding: "utf-8",
    ...over,
  };
}

const LETTERS = [
  letter("a", { at: START - 3_600_000 }),
  letter("b", { path: "webhook" }),
  letter("c", { code: "EVENT_UNREADABLE", body: "{" }),
];

const idsOf = (items: readonly DeadLetter[]): string[] => items.map((one) => one.deadLetterId);
const read = async (api: Api) => ({ authorization: `Bearer ${await api.key("read")}` });

describe("GET /v1/dead-letters", () => {
  it.each([
    ["", ["c", "b", "a"]],
    ["?code=EVENT_TYPE_UNKNOWN", ["b", "a"]],
    ["?path=webhook", ["b"]],
    ["?since=30m", ["c", "b"]],
    ["?code=EVENT_UNREADABLE&path=webhook", []],
  ])("lists %s newest first", async (query, ids) => {
    const api = await startApi();
    api.store.letters = [...LETTERS];
    expect(idsOf((await api.call(`/v1/dead-letters${query}`)).body.items)).toEqual(ids);
  });

  it.each(["code=NOTHING", "path=pigeon", "since=yesterday"])("refuses %s", async (query) => {
    const api = await startApi();
    expect((await api.call(`/v1/dead-letters?${query}`)).body.error.code).toBe("INPUT_INVALID");
  });

  it("does not page on under another filter", async () => {
    const api = await startApi();
    api.store.letters = [...LETTERS];
    const { body } = await api.call("/v1/dead-letters?limit=1&path=journal");
    const cursor = String(body.nextCursor);
    const next = await api.call(`/v1/dead-letters?limit=1&path=journal&cursor=${cursor}`);
    expect(idsOf(next.body.items)).toEqual(["a"]);
    const other = await api.call(`/v1/dead-letters?limit=1&cursor=${cursor}`);
    expect(other.body.error.code).toBe("CURSOR_INVALID");
  });
});

describe("GET /v1/dead-letters/{deadLetterId}", () => {
  it("shows the body, the reason, and the place of the fault", async () => {
    const api = await startApi();
    api.store.letters = [...LETTERS];
    expect((await api.call("/v1/dead-letters/b")).body).toMatchObject({
      deadLetterId: "b",
      state: "waiting",
      settledAt: null,
      readable: false,
      body: BODY,
      faults: [
        { code: "EVENT_TYPE_UNKNOWN", path: "type", place: { line: 1, column: 19, offset: 18, length: 8 } },
      ],
    });
    const { body } = await api.call("/v1/dead-letters/c");
    expect(body.faults).toMatchObject([{ path: null, place: { line: 1, column: 2, offset: 1 } }]);
  });

  it("shows no body to readers", async () => {
    const api = await startApi();
    api.store.letters = [...LETTERS];
    const { status, body } = await api.call("/v1/dead-letters/b", { headers: await read(api) });
    expect([status, body.body, body.encoding, body.faults.length]).toEqual([200, undefined, undefined, 1]);
  });

  it("says when a redrive would read it, and when it is not for reading that it is dead", async () => {
    const api = await startApi();
    const good = BODY.replace("gossip", "com.adobe.platform.marketo.observability.metrics").replace(
      '"data":{}',
      '"data":{"munchkinId":"m","windowStart":"2026-11-22T01:00:00Z"}',
    );
    api.store.letters = [letter("a", { body: good }), letter("b", { code: "EVENT_TOO_LARGE" })];
    expect((await api.call("/v1/dead-letters/a")).body).toMatchObject({ readable: true, faults: [] });
    expect((await api.call("/v1/dead-letters/b")).body).toMatchObject({ readable: null, faults: [] });
  });

  it("says what became of one that waits no longer, and DEAD_LETTER_UNKNOWN of none", async () => {
    const api = await startApi();
    api.store.letters = [...LETTERS];
    await api.post("/v1/dead-letters/discard", { ids: ["a"] });
    await api.post("/v1/dead-letters/redrive", { ids: ["b"] });
    const at = "2026-11-22T02:00:00.000Z";
    const discarded = (await api.call("/v1/dead-letters/a")).body;
    expect(discarded).toMatchObject({ state: "discarded", settledAt: at, readable: null, faults: [] });
    expect(discarded.body).toBeUndefined();
    expect((await api.call("/v1/dead-letters/b")).body).toMatchObject({ state: "redriven", settledAt: at });
    const unknown = await api.call("/v1/dead-letters/x");
    expect([unknown.status, unknown.body.error.code]).toEqual([404, "DEAD_LETTER_UNKNOWN"]);
  });
});

describe("POST /v1/dead-letters/discard", () => {
  it.each([
    [{ ids: ["a", "x"] }, { discarded: 1, unknown: ["x"] }, ["b", "c"]],
    [{ code: "EVENT_TYPE_UNKNOWN" }, { discarded: 2, unknown: [] }, ["c"]],
    [{ path: "journal", since: "PT1M" }, { discarded: 1, unknown: [] }, ["a", "b"]],
    [{ all: true }, { discarded: 3, unknown: [] }, []],
  ])("gives up %j", async (order, report, left) => {
    const api = await startApi();
    api.store.letters = [...LETTERS];
    expect((await api.post("/v1/dead-letters/discard", order)).body).toEqual(report);
    expect(idsOf(api.store.letters)).toEqual(left);
  });

  it.each([
    [{}],
    [{ all: false }],
    [{ all: true, code: "EVENT_UNREADABLE" }],
    [{ ids: ["a"], path: "journal" }],
    [{ source: "journal-1" }],
  ])("refuses %j, and keeps all", async (order) => {
    const api = await startApi();
    api.store.letters = [...LETTERS];
    expect((await api.post("/v1/dead-letters/discard", order)).body.error.code).toBe("INPUT_INVALID");
    expect(api.store.letters).toHaveLength(3);
  });

  it("needs a body, and the scope admin", async () => {
    const api = await startApi();
    const bare = await api.call("/v1/dead-letters/discard", { method: "POST" });
    expect(bare.body.error.code).toBe("INPUT_UNREADABLE");
    const refused = await api.post("/v1/dead-letters/discard", { all: true }, await read(api));
    expect(refused.body.error.code).toBe("SCOPE_MISSING");
  });
});

it("redrives those of a filter", async () => {
  const api = await startApi();
  api.store.letters = [...LETTERS];
  const { body } = await api.post("/v1/dead-letters/redrive", {
    path: "journal",
    code: "EVENT_TYPE_UNKNOWN",
  });
  expect(body).toMatchObject({ read: 1, redriven: 1 });
  expect(idsOf(api.store.letters)).toEqual(["b", "c"]);
});

it("counts those that wait, by code, and what became of the others; a scrape does not need the store", async () => {
  const api = await startApi();
  const metric = async (name: string) => {
    const { text } = await api.call("/metrics");
    return text.split("\n").filter((line) => line.startsWith(`${name}{`));
  };
  api.store.letters = [...LETTERS];
  expect(await metric("after202_dead_letters")).toEqual([
    'after202_dead_letters{code="EVENT_TYPE_UNKNOWN"} 2',
    'after202_dead_letters{code="EVENT_UNREADABLE"} 1',
  ]);
  await api.post("/v1/dead-letters/discard", { path: "webhook" });
  await api.post("/v1/dead-letters/redrive", { ids: ["c"] });
  expect(await metric("after202_dead_letters")).toEqual([
    'after202_dead_letters{code="EVENT_TYPE_UNKNOWN"} 1',
  ]);
  expect(await metric("after202_dead_letters_settled_total")).toEqual([
    'after202_dead_letters_settled_total{outcome="redriven"} 1',
    'after202_dead_letters_settled_total{outcome="discarded"} 1',
  ]);
  api.store.fault = STORE_AWAY;
  expect(await metric("after202_dead_letters")).toEqual([]);
  expect(await metric("after202_dead_letters_settled_total")).toHaveLength(2);
});
