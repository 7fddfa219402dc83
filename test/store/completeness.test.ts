import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCompletenessWatch } from "../../src/alerts/completeness-watch.ts";
import { streamGap } from "../../src/alerts/rules/stream-gap.ts";
import { DEFAULT_THRESHOLDS } from "../../src/alerts/thresholds.ts";
import type { StreamMetric } from "../../src/core/stream-metric.ts";
import { result } from "../api/facts.ts";
import { STORE_PATHS, type StorePath } from "./store-paths.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";
import { counts } from "../counts.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const INSTANCE = "123-ABC-456";
/** A whole hour, long enough ago for every window to be over. */
const NOON = Math.floor(Date.now() / HOUR) * HOUR - 6 * HOUR;

function metric(n: number, over: Partial<StreamMetric> = {}): StreamMetric {
  return {
    eventId: `m-${n}`,
    instance: INSTANCE,
    windowStart: NOON + n * HOUR,
    windowEnd: NOON + (n + 1) * HOUR,
    objectType: "customObject",
    priority: "normal",
    received: 0,
    created: 0,
    updated: 0,
    failed: NO_COUNTS,
    ...over,
  };
}

describe.each(STORE_PATHS)("completeness, $name", ({ open }) => {
  let path: StorePath;
  let now = NOON + 2 * HOUR + 30 * MINUTE;
  beforeAll(async () => void (path = await open()));
  afterAll(() => path.close());

  const watch = () =>
    createCompletenessWatch({
      store: path.store,
      clock: { now: () => now, sleep: () => Promise.reject(new Error("not asked for")) },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      coveredUntil: async (at) => at,
      speed: 1,
    });
  /** A result of so many records, so many minutes after noon. */
  const at = (minutes: number, id: string, created: number) => ({
    ...result(id, 0, { created }),
    instance: INSTANCE,
    objectType: "customObject",
    priority: "normal",
    at: NOON + minutes * MINUTE,
    t0: NOON + (minutes - 20) * MINUTE,
  });
  const judged = async () =>
    (await path.store.judgedWindows(NOON)).map(({ from, stated, seen, missing }) => [
      (from - NOON) / HOUR,
      stated,
      seen,
      missing,
    ]);
  const alarm = async () => {
    const view = { now, thresholds: DEFAULT_THRESHOLDS };
    const observed = await streamGap.observe({ ...path.store, coverageGaps: async () => [] }, view);
    return observed.map(({ group, judgement }) => [group.instance, judgement.verdict, judgement.reason]);
  };

  it("names instance, object type and amount of what is missing, counts duplicates once, and waits for an hour's end", async () => {
    const facts = [at(10, "a", 100), at(30, "b", 50), at(70, "c", 30), at(130, "d", 5)];
    await path.store.append({ ...EMPTY_BATCH, facts });
    await path.store.append({ ...EMPTY_BATCH, facts: facts.slice(0, 2) });
    const metrics = [
      metric(0, { created: 150, failed: counts({ "1004": 10 }) }),
      metric(1, { updated: 30 }),
      metric(2),
    ];
    await path.store.append({ ...EMPTY_BATCH, metrics: metrics.slice(0, 2) });
    await path.store.append({
      ...EMPTY_BATCH,
      metrics: [...metrics.slice(0, 1), { ...metric(2), created: 500 }],
    });
    expect(await watch().round()).toBe(2);
    expect(await judged()).toEqual([
      [0, 160, 150, 10],
      [1, 30, 30, 0],
    ]);
    const [told] = await alarm();
    const span = `${new Date(NOON).toISOString()} to ${new Date(NOON + HOUR).toISOString()}`;
    const lack = `10 of 160 customObject records (normal) from ${span} have not arrived`;
    expect(told).toEqual([INSTANCE, "firing", lack]);
  });

  it("is judged again while something is missing, and is over when that has come", async () => {
    now += 11 * MINUTE;
    await path.store.append({ ...EMPTY_BATCH, facts: [at(59, "late", 10)] });
    expect(await watch().round()).toBe(1);
    expect((await judged())[0]).toEqual([0, 160, 160, 0]);
    expect((await alarm())[0]?.[1]).toBe("clear");
    now += 11 * MINUTE;
    expect(await watch().round()).toBe(0);
  });

  it("is judged anew when an hour is stated anew", async () => {
    await path.store.append({ ...EMPTY_BATCH, metrics: [metric(1, { eventId: "m-1b", updated: 31 })] });
    expect(await watch().round()).toBe(1);
    expect((await judged())[1]).toEqual([1, 31, 30, 1]);
  });

  it("is not judged before the stream has been read past the hour", async () => {
    const behind = createCompletenessWatch({
      store: path.store,
      clock: { now: () => NOON + 5 * HOUR, sleep: () => Promise.reject(new Error("not asked for")) },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      coveredUntil: async () => NOON + 2 * HOUR + 30 * MINUTE,
      speed: 1,
    });
    await behind.round();
    expect((await judged()).map(([hour]) => hour)).toEqual([0, 1]);
  });

  it("does not go on giving the benefit of the doubt once the next hour is stated", async () => {
    const busy = "777-BSY-000";
    const of = async () =>
      (await path.store.judgedWindows(NOON))
        .filter(({ instance }) => instance === busy)
        .map(({ from, missing }) => [(from - NOON) / HOUR, missing]);
    const facts = [at(10, "busy-1", 90), at(60.1, "busy-2", 20)].map((one) => ({ ...one, instance: busy }));
    await path.store.append({ ...EMPTY_BATCH, facts });
    const first = metric(0, { eventId: "b-0", instance: busy, created: 100 });
    await path.store.append({ ...EMPTY_BATCH, metrics: [first] });
    now = NOON + HOUR + 11 * MINUTE;
    await watch().round();
    expect(await of()).toEqual([[0, 0]]);
    const next = metric(1, { eventId: "b-1", instance: busy, created: 20 });
    await path.store.append({ ...EMPTY_BATCH, metrics: [next] });
    now = NOON + 2 * HOUR + 11 * MINUTE;
    await watch().round();
    expect(await of()).toEqual([
      [0, 10],
      [1, 0],
    ]);
    now += 3 * HOUR;
    expect(await watch().round()).toBeGreaterThan(0);
  });

  it("says of which hours with results nothing was stated", async () => {
    const silent = { ...at(20, "z", 1), instance: "999-XYZ-000" };
    await path.store.append({ ...EMPTY_BATCH, facts: [silent] });
    const hours = await path.store.unstatedHours(NOON, NOON + 2 * HOUR);
    expect(hours).toEqual([{ instance: "999-XYZ-000", from: NOON, until: NOON + HOUR }]);
  });
});
