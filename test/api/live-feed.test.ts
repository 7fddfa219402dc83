/** The live feed itself: what it does when it cannot keep up. */
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { LiveBatch } from "../../src/api/live/live-batch.ts";
import { createLiveFeed, LIVE_LIMITS } from "../../src/api/live/live-feed.ts";
import { createLedger } from "../../src/core/ledger.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { submitted } from "./facts.ts";
import { createMemoryStore } from "./memory-store.ts";

const SETTINGS = new Map([["", lifecycleSettings()]]);

function openFeed(limits: Partial<typeof LIVE_LIMITS>) {
  const store = createMemoryStore(SETTINGS);
  const ledger = createLedger(store, SETTINGS, systemClock);
  const logger = { warn: () => undefined };
  const parts = { ledger, arrivals: store, changes: store, clock: systemClock, logger };
  return { store, feed: createLiveFeed({ ...parts, limits: { ...LIVE_LIMITS, ...limits } }) };
}

function listener(filter = {}) {
  const batches: LiveBatch[] = [];
  const ends: string[] = [];
  const line = {
    waitingBytes: 0,
    send: (batch: LiveBatch) => void batches.push(batch),
    end: (code: string) => void ends.push(code),
  };
  const events = () => batches.flatMap((batch) => batch.events);
  const told = () => events().flatMap(({ data }): string[] => JSON.parse(data).requestId ?? []);
  return { batches, ends, events, told, line, follower: { filter, line } };
}

describe("the live feed", () => {
  it("skips to the present when it is too far behind, and says from when to when", async () => {
    const { store, feed } = openFeed({ foldedAtOnce: 1, maxBehindMs: 3 });
    store.put(submitted("first"));
    const one = listener();
    feed.follow(one.follower);
    await vi.waitFor(() => expect(one.told()).toEqual(["first"])); // what arrived last of all is told again
    await store.acceptFacts(Array.from({ length: 20 }, (_, n) => submitted(`r-${n}`)));
    await vi.waitFor(() => expect(feed.counts.skipped).toBeGreaterThan(0), 5_000);
    const gap = one.events().find(({ event }) => event === "gap");
    expect(gap).toMatchObject({ id: "21" });
    expect(JSON.parse(gap?.data ?? "{}")).toMatchObject({ until: "1970-01-01T00:00:00.021Z" });
    feed.close();
    expect(one.ends).toEqual(["SHUTTING_DOWN"]);
  });

  it("tells nothing again of what was there when it began, though it looks back", async () => {
    const { store, feed } = openFeed({});
    for (let n = 0; n < 5; n++) store.put(submitted(`old-${n}`));
    const one = listener();
    feed.follow(one.follower);
    await vi.waitFor(() => expect(one.told()).toEqual(["old-4"]));
    await systemClock.sleep(2_100); // it looks back every two seconds
    await store.acceptFacts([submitted("new")]);
    await vi.waitFor(() => expect(one.told()).toContain("new"), 5_000);
    expect(one.told()).toEqual(["old-4", "new"]);
    feed.close();
  });

  it("encodes what is told once for all who follow alike, and gives each only what it asked for", async () => {
    const { store, feed } = openFeed({});
    store.put(submitted("first"));
    const [one, same, other] = [listener(), listener(), listener({ objectType: "company" })];
    for (const each of [one, same, other]) feed.follow(each.follower);
    await vi.waitFor(() => expect(same.told()).toEqual(["first"]));
    await store.acceptFacts([submitted("r-1"), submitted("r-2", { objectType: "company" })]);
    await vi.waitFor(() => expect(other.told()).toEqual(["r-2"]), 5_000);
    expect(one.told()).toEqual(["first", "r-1", "r-2"]);
    expect(same.batches.at(-1)).toBe(one.batches.at(-1));
    feed.close();
  });
});
