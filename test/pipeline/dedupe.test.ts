import * as fc from "fast-check";
import { expect, it } from "vitest";
import { EventMemory } from "../../src/pipeline/event-memory.ts";
import { openPipeline } from "../../src/pipeline/pipeline.ts";
import { MemoryStore, storeAway } from "./memory-store.ts";
import { journalPage, linesOf, resultsEvent } from "./sample-events.ts";
import { fastClock, listLogger } from "./test-clock.ts";

const open = (store: MemoryStore, limits = {}) =>
  openPipeline({ store, clock: fastClock(100), logger: listLogger(), limits });

it("counts a repeated event as duplicate, within a delivery and across deliveries and transports", async () => {
  const store = new MemoryStore();
  const pipeline = open(store);
  const [a, b] = [resultsEvent("a"), resultsEvent("b")];
  const page = { path: "journal", source: "journal", payload: journalPage([a, b, a]) } as const;
  expect(await pipeline.accept(page)).toEqual({ read: 3, fresh: 2, duplicate: 1, dead: 0 });
  const push = { path: "webhook", source: "webhook", payload: JSON.stringify([b]) } as const;
  expect(await pipeline.accept(push)).toEqual({ read: 1, fresh: 0, duplicate: 1, dead: 0 });
  expect(store.batches.length).toBe(2);
});

it("stores once that a further source has brought an event, and nothing else of it", async () => {
  const store = new MemoryStore();
  const pipeline = open(store);
  const payload = JSON.stringify([resultsEvent("a")]);
  await pipeline.accept({ path: "journal", source: "journal", payload });
  const push = { path: "webhook", source: "webhook", payload } as const;
  await pipeline.accept(push);
  const sighting = { eventId: "a", time: Date.UTC(2026, 7, 14, 17, 30), path: "webhook", source: "webhook" };
  expect(store.batches.at(-1)).toMatchObject({ facts: [], events: [], sightings: [sighting] });
  await pipeline.accept(push);
  await pipeline.accept({ path: "journal", source: "journal", payload });
  await pipeline.accept({ path: "replay", source: "file", payload });
  expect(store.batches.length).toBe(2);
});

it("does not acknowledge a further source's event before that is stored", async () => {
  const store = new MemoryStore();
  const pipeline = open(store);
  const payload = JSON.stringify([resultsEvent("a")]);
  await pipeline.accept({ path: "journal", source: "journal", payload });
  const push = { path: "webhook", source: "webhook", payload } as const;
  store.away = storeAway();
  await expect(pipeline.accept(push)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  store.away = undefined;
  await pipeline.accept(push);
  expect(store.batches.at(-1)?.sightings).toMatchObject([{ eventId: "a", path: "webhook" }]);
});

it("counts exactly against the store after a restart, when asked to", async () => {
  const store = new MemoryStore();
  await open(store).accept({
    path: "replay",
    source: "file",
    payload: linesOf([resultsEvent("a")]),
    lines: true,
  });
  const events = ["a", "b", "c", "b"].map((id) => resultsEvent(id));
  const again = { path: "replay", source: "file", payload: linesOf(events), lines: true } as const;
  const pipeline = open(store);
  expect(await pipeline.accept({ ...again, exact: true })).toEqual({
    read: 4,
    fresh: 2,
    duplicate: 2,
    dead: 0,
  });
  expect(store.batches.at(-1)?.facts.length).toBe(2);
  expect(await open(store).accept(again)).toMatchObject({ fresh: 3, duplicate: 1 });
});

it("stores of what the store knows, when asked to count exactly, that a further source has brought it", async () => {
  const store = new MemoryStore();
  const payload = JSON.stringify([resultsEvent("a")]);
  await open(store).accept({ path: "webhook", source: "webhook", payload });
  const again = { path: "journal", source: "journal", payload, exact: true } as const;
  expect(await open(store).accept(again)).toMatchObject({ fresh: 0, duplicate: 1 });
  expect(store.batches.at(-1)).toMatchObject({ facts: [], events: [], sightings: [{ path: "journal" }] });
  const replayed = { path: "replay", source: "file", payload, exact: true } as const;
  await open(store).accept(replayed);
  expect(store.batches.length).toBe(2);
});

it("rejects an exact delivery while the store cannot be asked, and takes it later", async () => {
  const store = new MemoryStore();
  const pipeline = open(store);
  const exact = {
    path: "replay",
    source: "f",
    payload: JSON.stringify(resultsEvent("a")),
    exact: true,
  } as const;
  store.away = storeAway();
  await expect(pipeline.accept(exact)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  store.away = undefined;
  expect(await pipeline.accept(exact)).toMatchObject({ fresh: 1, duplicate: 0 });
});

it("remembers no more ids than it may, and at least the younger half of them", () => {
  const memory = new EventMemory(100);
  const ids = Array.from({ length: 1_000 }, (_, index) => `e${index}`);
  for (const id of ids) memory.admit(id, 1);
  memory.remember(ids);
  expect(memory.size).toBeLessThanOrEqual(100);
  expect(ids.slice(-50).map((id) => memory.admit(id, 2))).toEqual(Array.from({ length: 50 }, () => "stored"));
  expect(memory.admit("e0", 2)).toBe("fresh");
});

it("keeps ids known without keeping bodies", async () => {
  const store = new MemoryStore();
  const pipeline = openPipeline({ store, clock: fastClock(), logger: listLogger(), rawBodies: false });
  await pipeline.accept({ path: "webhook", source: "w", payload: JSON.stringify(resultsEvent("a")) });
  expect(store.events.get("a")?.body).toBe("");
});

it("gives the same facts whatever the cutting, order, duplication, transport and memory", async () => {
  const events = Array.from({ length: 30 }, (_, n) =>
    n % 7 === 0
      ? resultsEvent(`e${n}`, { requestId: `r${n % 4}` }, { requestId: `r${n % 4}`, created: 1 })
      : resultsEvent(`e${n}`, { requestId: `r${n % 5}`, created: n }),
  );
  const expected = new MemoryStore();
  await open(expected).accept({ path: "journal", source: "j", payload: journalPage(events) });
  const shape = fc.constantFrom("journal", "batch", "lines", "single" as const);
  const delivery = fc.record({
    shape,
    picks: fc.array(fc.nat(events.length - 1), { minLength: 1, maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(delivery, { maxLength: 12 }),
      fc.record({ rememberedIds: fc.nat(40), maxRows: fc.integer({ min: 1, max: 30 }) }),
      fc.array(fc.boolean(), { maxLength: 8 }),
      async (deliveries, limits, outages) => {
        const store = new MemoryStore();
        const pipeline = open(store, { ...limits, maxAgeMs: 0 });
        // whatever the random deliveries leave out comes last, as one page: each event arrives at least once
        const all = [...deliveries, { shape: "journal", picks: events.map((_, n) => n) }];
        await Promise.all(
          all.map(async ({ shape, picks }, index) => {
            const parcels = shape === "single" ? picks.map((pick) => [pick]) : [picks];
            for (const parcel of parcels) {
              const chosen = parcel.map((pick) => events[pick]);
              const payload = payloadOf(shape, chosen);
              if (outages[index] === true) {
                store.away = storeAway();
                await pipeline.accept({ path: "relay", source: "s", ...payload }).catch(() => undefined);
                store.away = undefined;
              }
              for (let tries = 0; tries < 50; tries++) {
                const stored = await pipeline.accept({ path: "relay", source: "s", ...payload }).then(
                  () => true,
                  () => false,
                );
                if (stored) break;
              }
            }
          }),
        );
        expect(store.facts).toEqual(expected.facts);
      },
    ),
    { numRuns: 150 },
  );
});

function payloadOf(shape: string, events: readonly unknown[]): { payload: string; lines?: boolean } {
  if (shape === "journal") return { payload: journalPage(events) };
  if (shape === "batch") return { payload: JSON.stringify(events) };
  if (shape === "lines") return { payload: linesOf(events), lines: true };
  return { payload: JSON.stringify({ event: { body: events[0] } }) };
}
