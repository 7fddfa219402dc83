import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { submitted } from "../api/facts.ts";
import { STORE_PATHS, type StorePath } from "./store-paths.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";

describe.each(STORE_PATHS)("arrivals, $name", ({ open }) => {
  let path: StorePath;
  beforeAll(async () => {
    path = await open();
  });
  afterAll(() => path.close());

  it("are read in their order, page by page, also within one insert, and from any time on", async () => {
    const { store } = path;
    expect(await store.lastArrivalAt()).toBeUndefined();
    expect(await store.arrivalsAfter({ at: -5_000, requestId: "" }, 10)).toEqual([]);
    const ids = ["a-1", "a-2", "a-3", "a-4", "a-5"];
    await store.append({
      ...EMPTY_BATCH,
      facts: ids.map((id, i) => submitted(id, { submissionId: `s-${i}` })),
    });
    const found: string[] = [];
    let after = { at: -5_000, requestId: "" };
    for (let pages = 0; pages < 3; pages++) {
      const page = await store.arrivalsAfter(after, 2);
      found.push(...page.map(({ requestId }) => requestId));
      after = page.at(-1) ?? after;
    }
    expect(found).toEqual(ids);
    expect(await store.arrivalsAfter(after, 2)).toEqual([]);
    expect(await store.lastArrivalAt()).toBe(after.at);
  });
});

describe.each(STORE_PATHS)("gaps, $name", ({ open }) => {
  it("are given from a time before the epoch on, too", async () => {
    const path = await open();
    const gap = {
      source: "j",
      from: Date.now() - 1_000,
      until: Date.now(),
      reason: "position_expired",
    } as const;
    await path.store.recordGap(gap);
    expect(await path.store.coverageGaps(-1)).toEqual([gap]);
    await path.close();
  });
});
