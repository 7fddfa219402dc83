import { describe, expect, it } from "vitest";
import type { Delivery } from "../../src/core/ports.ts";
import type { PipelineLimits } from "../../src/pipeline/limits.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { MemoryStore, storeAway } from "./memory-store.ts";
import { journalPage, linesOf, resultsEvent } from "./sample-events.ts";
import { fastClock, HandClock, listLogger, until } from "./test-clock.ts";

function open(store: MemoryStore, limits: Partial<PipelineLimits> = {}, clock = fastClock()): Pipeline {
  return openPipeline({ store, clock, logger: listLogger(), limits });
}

function journal(...events: readonly unknown[]): Delivery {
  return { path: "journal", source: "journal", payload: Buffer.from(journalPage(events)) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Each append takes so long, by the clock's time. */
function slowStore(clock: HandClock, ms: number): MemoryStore {
  const store = new MemoryStore();
  const append = store.append.bind(store);
  store.append = (batch) => {
    clock.advance(ms);
    return append(batch);
  };
  return store;
}

describe("acknowledgement", () => {
  it("resolves a delivery only after its rows are stored", async () => {
    const store = new MemoryStore();
    store.hold();
    let acknowledged = false;
    const receipt = open(store)
      .accept(journal(resultsEvent("e1"), resultsEvent("e2")))
      .finally(() => (acknowledged = true));
    await until(() => store.running === 1);
    await turn();
    expect(acknowledged).toBe(false);
    store.letGo();
    expect(await receipt).toEqual({ read: 2, fresh: 2, duplicate: 0, dead: 0 });
    expect(store.facts.size).toBe(2);
    expect(store.events.get("e1")?.body).toBe(JSON.stringify(resultsEvent("e1")));
  });

  it("rejects with STORE_UNAVAILABLE while the store is away, remembers nothing, and takes the same again", async () => {
    const store = new MemoryStore();
    const pipeline = open(store);
    store.away = storeAway();
    await expect(pipeline.accept(journal(resultsEvent("e1")))).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
    expect(pipeline.stats()).toMatchObject({
      rememberedIds: 0,
      bufferedBytes: 0,
      bufferedEvents: 0,
      pending: 0,
    });
    store.away = undefined;
    expect(await pipeline.accept(journal(resultsEvent("e1")))).toMatchObject({ fresh: 1, duplicate: 0 });
  });

  it("stores an event again whose first delivery is still under way, so that neither depends on the other", async () => {
    const store = new MemoryStore();
    store.hold();
    const pipeline = open(store, { maxRows: 1 });
    const first = pipeline.accept(journal(resultsEvent("e1")));
    const second = pipeline.accept(journal(resultsEvent("e1")));
    await until(() => store.running === 2);
    store.letGo();
    expect([await first, await second].map(({ fresh }) => fresh)).toEqual([1, 0]);
    expect(store.batches.map(({ facts }) => facts.length)).toEqual([1, 1]);
  });

  it("tells subscribers which requests changed, after they are stored", async () => {
    const store = new MemoryStore();
    const pipeline = open(store);
    const told: string[][] = [];
    pipeline.subscribe(() => {
      throw new Error("a bad listener");
    });
    const end = pipeline.subscribe((ids) => told.push([...ids(), String(store.facts.size)]));
    await pipeline.accept(
      journal(resultsEvent("e1", { requestId: "a" }, { requestId: "b" }, { requestId: "a" })),
    );
    end();
    await pipeline.accept(journal(resultsEvent("e2", { requestId: "c" })));
    expect(told).toEqual([["a", "b", "3"]]);
  });
});

describe("batches", () => {
  it("joins deliveries that arrive together into one append", async () => {
    const store = new MemoryStore();
    const pipeline = open(store);
    const ids = Array.from({ length: 40 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((id) => pipeline.accept(journal(resultsEvent(id)))));
    expect(store.batches.map(({ facts }) => facts.length)).toEqual([40]);
  });

  it("closes a batch by rows and by bytes, and runs full batches side by side", async () => {
    for (const limits of [{ maxRows: 10 }, { maxBytes: 10 * journalPage([resultsEvent("e10")]).length }]) {
      const store = new MemoryStore();
      store.hold();
      const pipeline = open(store, { ...limits, appendsAtOnce: 2 });
      const ids = Array.from({ length: 40 }, (_, index) => `e${10 + index}`);
      const all = Promise.all(ids.map((id) => pipeline.accept(journal(resultsEvent(id)))));
      await until(() => store.running === 2);
      store.letGo();
      await all;
      expect(store.batches.map(({ facts }) => facts.length)).toEqual([10, 10, 10, 10]);
      expect(store.mostRunning).toBe(2);
    }
  });

  it.each([
    [100, 200, "but no longer than maxAgeMs times lightAges"],
    [20, 80, "so many times as the last append took"],
    [2, 50, "but no shorter than maxAgeMs"],
  ])("appends at once when idle, and after one of %i ms the next follows in %i ms: %s", async (took, age) => {
    const clock = new HandClock();
    const store = slowStore(clock, took);
    const pipeline = open(store, { maxAgeMs: 50, lightRest: 4, lightAges: 4 }, clock);
    await pipeline.accept(journal(resultsEvent("e1")));
    const second = pipeline.accept(journal(resultsEvent("e2")));
    await until(() => clock.slept.length === 1);
    expect(clock.slept).toEqual([age - took]);
    clock.advance(age - took - 1);
    const third = pipeline.accept(journal(resultsEvent("e3")));
    await turn();
    expect(store.batches.length).toBe(1);
    clock.advance(1);
    await Promise.all([second, third]);
    expect(store.batches.map(({ facts }) => facts.length)).toEqual([1, 2]);
  });

  it("appends after maxAgeMs already when many deliveries or rows wait", async () => {
    const many = (first: number): unknown[] =>
      Array.from({ length: 4 }, (_, index) => resultsEvent(`e${first + index}`));
    for (const limits of [{ lightParcels: 2 }, { lightRows: 5 }]) {
      const clock = new HandClock();
      const store = slowStore(clock, 20);
      const pipeline = open(store, { maxAgeMs: 50, lightRest: 10, ...limits }, clock);
      await pipeline.accept(journal(resultsEvent("e1")));
      const second = pipeline.accept(journal(resultsEvent("e2")));
      await until(() => clock.slept.length === 1);
      clock.advance(10);
      const third = pipeline.accept(journal(...many(3)));
      await until(() => clock.slept.length === 2);
      expect(clock.slept).toEqual([180, 20]);
      expect(store.batches.length).toBe(1);
      clock.advance(20);
      await Promise.all([second, third]);
      expect(store.batches.map(({ facts }) => facts.length)).toEqual([1, 5]);
    }
  });

  it("resolves a delivery that is longer than a batch when its last row is stored", async () => {
    const store = new MemoryStore();
    const events = Array.from({ length: 5_000 }, (_, index) => resultsEvent(`e${index}`));
    const delivery = { path: "replay", source: "file", payload: linesOf(events), lines: true } as const;
    const receipt = await open(store, { maxRows: 1_000 }).accept(delivery);
    expect(receipt).toEqual({ read: 5_000, fresh: 5_000, duplicate: 0, dead: 0 });
    expect(store.facts.size).toBe(5_000);
    expect(store.batches.length).toBeGreaterThan(1);
  });

  it("stores facts made elsewhere on the same way, and gives their makers the store's own error", async () => {
    const store = new MemoryStore();
    const pipeline = open(store);
    await pipeline.accept(journal(resultsEvent("e1")));
    const facts = [...store.facts.values()];
    await pipeline.acceptFacts(facts);
    await pipeline.acceptFacts([]);
    expect(store.batches.length).toBe(2);
    store.poison = () => true;
    await expect(pipeline.acceptFacts(facts)).rejects.toMatchObject({ code: "STORE_QUERY_FAILED" });
    expect(store.deadLetters.size).toBe(0);
  });
});

describe("rows that the store refuses", () => {
  it("isolates the one poisonous delivery of a batch and puts it whole into dead letters", async () => {
    const store = new MemoryStore();
    store.poison = (fact) => fact.requestId === "poison";
    const pipeline = open(store);
    const bad = journal(resultsEvent("bad", { requestId: "poison" }), resultsEvent("neighbour"));
    const receipts = await Promise.all([
      pipeline.accept(journal(resultsEvent("good-1"))),
      pipeline.accept(bad),
      pipeline.accept(journal(resultsEvent("good-2"))),
    ]);
    expect(receipts.map(({ fresh, dead }) => [fresh, dead])).toEqual([
      [1, 0],
      [0, 2],
      [1, 0],
    ]);
    expect([...store.events.keys()].sort()).toEqual(["good-1", "good-2"]);
    const [letter] = [...store.deadLetters.values()];
    expect(letter).toMatchObject({ code: "STORE_QUERY_FAILED", path: "journal", encoding: "utf-8" });
    expect(letter?.body).toBe(Buffer.from(bad.payload).toString());
  });

  it("rejects when not even the dead letter can be stored: the source keeps it", async () => {
    const store = new MemoryStore();
    store.poison = () => true;
    store.refusesDeadLetters = true;
    const pipeline = open(store);
    await expect(pipeline.accept(journal(resultsEvent("e1")))).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
    store.poison = undefined;
    expect(await pipeline.accept(journal(resultsEvent("e1")))).toMatchObject({ fresh: 1 });
  });
});

describe("the bounded buffer", () => {
  it("turns deliveries away with BUFFER_FULL, and tells when there is room", async () => {
    const store = new MemoryStore();
    store.hold();
    const pipeline = open(store, { bufferEvents: 3 });
    const taken = pipeline.accept(journal(resultsEvent("e1"), resultsEvent("e2"), resultsEvent("e3")));
    await expect(pipeline.accept(journal(resultsEvent("e4")))).rejects.toMatchObject({ code: "BUFFER_FULL" });
    let room = false;
    const ready = pipeline.ready().then(() => (room = true));
    const leaving = new AbortController();
    const aborted = pipeline.ready(leaving.signal);
    leaving.abort(new Error("left"));
    await expect(aborted).rejects.toThrow("left");
    expect(room).toBe(false);
    store.letGo();
    await taken;
    await ready;
    expect(await pipeline.accept(journal(resultsEvent("e4")))).toMatchObject({ fresh: 1 });
  });

  it("takes one delivery that is larger than the buffer, for it would never fit", async () => {
    const store = new MemoryStore();
    const pipeline = open(store, { bufferBytes: 10 });
    expect(await pipeline.accept(journal(resultsEvent("e1")))).toMatchObject({ fresh: 1 });
    await pipeline.ready();
  });
});

describe("the end", () => {
  it("finishes what was accepted, without waiting for its age, and takes nothing more", async () => {
    const store = new MemoryStore();
    const pipeline = open(store, {}, new HandClock());
    await pipeline.accept(journal(resultsEvent("e1")));
    const last = pipeline.accept(journal(resultsEvent("e2")));
    await pipeline.drain();
    expect(await last).toMatchObject({ fresh: 1 });
    await expect(pipeline.accept(journal(resultsEvent("e3")))).rejects.toMatchObject({
      code: "SHUTTING_DOWN",
    });
  });

  it("leaves at once when told to, though the store hangs", async () => {
    const store = new MemoryStore();
    store.hold();
    const pipeline = open(store);
    const first = pipeline.accept(journal(resultsEvent("e1")));
    await until(() => store.running === 1);
    const second = pipeline.accept(journal(resultsEvent("e2")));
    const rejected = expect(second).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    const impatience = new AbortController();
    const closed = pipeline.close(impatience.signal);
    impatience.abort();
    await closed;
    await rejected;
    store.letGo();
    await first;
  });
});
