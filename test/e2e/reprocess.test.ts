/**
 * Stored events, run through the present decoder. What an older decoder left behind is stored here by hand: facts of a
 * lower version, that differ from those of today, or are missing, or too many.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DECODER_VERSION, type ResultFact, resultFactId } from "../../src/core/fact.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { RawEvent } from "../../src/core/ports.ts";
import { EMPTY_BATCH } from "../store/empty-batch.ts";
import { openService, SERVICE_STORES, type Service, IS_FIVE } from "./service.ts";

const TIME = "2026-11-22T02:00:00Z";

interface Line {
  readonly type: string;
  readonly events: Record<string, number>;
  readonly facts: Record<string, number>;
  readonly examples: Record<string, Record<string, unknown>[]>;
  readonly error?: { readonly code: string };
}

function bodyOf(name: string, created = 5): string {
  const request = {
    requestId: `request-${name}`,
    requestTime: TIME,
    request_id: `older-${name} "\u00e9\\`,
    objectType: "person",
    records: { received: 10, created, failed: { "1003": 10 - created, "606": 0 } },
  };
  return JSON.stringify({
    id: `event-${name}`,
    type: "com.adobe.platform.marketo.observability.results",
    time: TIME,
    data: { munchkinId: "123-ABC-456", requests: [request] },
  });
}

const rawEvent = (name: string, body = bodyOf(name)): RawEvent => ({
  eventId: `event-${name}`,
  type: "results",
  time: Date.parse(TIME),
  instance: "123-ABC-456",
  body,
  path: "journal",
  source: "journal",
});

function factOf(name: string, over: Partial<ResultFact> = {}): ResultFact {
  const [fact] = decodeEvent(JSON.parse(bodyOf(name))).facts;
  if (fact === undefined) throw new Error("an event of these tests has one fact");
  return { ...fact, version: DECODER_VERSION - 1, ...over };
}

/** As an older decoder would have made it, that read the id under another name. */
function strayFact(name: string): ResultFact {
  const requestId = `older-${name} "\u00e9\\`;
  return factOf(name, { requestId, factId: resultFactId(`event-${name}`, requestId, 0) });
}

async function post(service: Service, order: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${service.url}/v1/reprocess`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
    ...(signal && { signal }),
  });
}

async function run(service: Service, order: object): Promise<Line> {
  const lines = (await (await post(service, order)).text()).trim().split("\n");
  return JSON.parse(lines.at(-1) ?? "") as Line;
}

describe.each(SERVICE_STORES)("stored events, run again (%s)", (storeKind) => {
  let service: Service;
  beforeAll(async () => {
    service = await openService(storeKind);
    await service.app.store.append({
      ...EMPTY_BATCH,
      facts: [
        factOf("same"),
        factOf("changed", { created: 1, priority: "high" }),
        factOf("gone"),
        strayFact("gone"),
        factOf("outranked", { version: DECODER_VERSION + 1, created: 3 }),
        factOf("bodiless"),
      ],
      events: [
        ...["same", "new", "changed", "gone", "outranked"].map((name) => rawEvent(name)),
        rawEvent("bodiless", ""),
        rawEvent("cut", bodyOf("cut").slice(0, 100)),
      ],
    });
  });
  afterAll(() => service.close());

  const facts = { same: 2, new: 1, changed: 2, gone: 1, outranked: 1 };
  const created = async (name: string) => (await service.api.lifecycle(`request-${name}`))?.records.created;

  it("show first what would change, and nothing is stored", async () => {
    const line = await run(service, { since: "1h", dryRun: true });
    expect(line).toMatchObject({
      type: "done",
      dryRun: true,
      decoderVersion: DECODER_VERSION,
      events: { total: 7, read: 7, withoutBody: 1, unreadable: 1 },
      facts: { ...facts, written: 0 },
      examples: {
        new: [{ requestId: "request-new", eventId: "event-new" }],
        gone: [{ requestId: 'older-gone "é\\', eventId: "event-gone" }],
        unreadable: [{ eventId: "event-cut", code: "EVENT_INVALID" }],
      },
    });
    const changed = new Map(line.examples["changed"]?.map((one) => [one["requestId"], one["fields"]]));
    expect(changed.get("request-changed")).toEqual([
      { field: "priority", before: "high", after: "" },
      { field: "created", before: 1, after: 5 },
    ]);
    expect([await created("changed"), await created("new")]).toEqual([1, undefined]);
  });

  it("are stored where they are new or outrank the older decoder's, and are the same from then on", async () => {
    expect(await run(service, { since: "1h" })).toMatchObject({
      type: "done",
      facts: { ...facts, written: 2 },
    });
    expect([await created("changed"), await created("new"), await created("outranked")]).toEqual([5, 5, 3]);
    for (let again = 0; again < 2; again++) {
      expect(await run(service, { since: "1h" })).toMatchObject({
        facts: { same: 4, new: 0, changed: 1, gone: 1, outranked: 1, written: 0 },
      });
    }
  });

  it("are those that were stored in the interval", async () => {
    const until = new Date(Date.now() - 1_800_000).toISOString();
    expect(await run(service, { since: "1h", until })).toMatchObject({ type: "done", events: { read: 0 } });
  });

  it("are read page by page, whatever their ids, each once", async () => {
    const names = Array.from({ length: 2_500 }, (_, n) => `many-${(n * 7_919) % 2_500}'"\\\u00e9`);
    await service.app.store.append({ ...EMPTY_BATCH, events: names.map((name) => rawEvent(name)) });
    await service.app.store.append({
      ...EMPTY_BATCH,
      events: names.slice(0, 500).map((name) => rawEvent(name, "")),
    });
    const line = await run(service, { since: "1h", dryRun: true });
    expect(line).toMatchObject({ events: { read: 2_507, withoutBody: 1 }, facts: { new: 2_500 } });
  });

  // each process runs for one caller
  it.skipIf(IS_FIVE)("are run again by one caller at a time, and no longer than that one stays", async () => {
    const leaving = new AbortController();
    const first = await post(service, { since: "1h" }, leaving.signal);
    const reader = first.body?.getReader();
    expect((await reader?.read())?.value).toBeDefined();
    const second = await post(service, { since: "1h" });
    expect([second.status, await second.json()]).toMatchObject([
      409,
      { error: { code: "REPROCESS_RUNNING" } },
    ]);
    leaving.abort();
    await reader?.closed.catch(() => undefined);
    await expect
      .poll(async () => (await run(service, { since: "1h" })).type, { timeout: 20_000, interval: 50 })
      .toBe("done");
    expect((await run(service, { since: "1h", dryRun: true })).facts).toMatchObject({ new: 0, same: 2_504 });
  });

  it.each([[{}], [{ since: "yesterday" }], [{ since: "1h", until: "2h" }], [{ since: "1h", dry: true }]])(
    "are not for an order such as %j",
    async (order) => {
      const answer = await post(service, order);
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: "INPUT_INVALID" } }]);
    },
  );

  // asked through a proxy
  it.skipIf(IS_FIVE)("end with a word when the service stops", async () => {
    const names = Array.from({ length: 30_000 }, (_, n) => `long-${n}`); // seconds of work
    await service.app.store.append({ ...EMPTY_BATCH, events: names.map((name) => rawEvent(name)) });
    const response = await post(service, { since: "1h", dryRun: true });
    const text = response.text();
    await service.close();
    expect(JSON.parse((await text).trim().split("\n").at(-1) ?? "")).toMatchObject({
      type: "failed",
      error: { code: "SHUTTING_DOWN" },
    });
  });
});
