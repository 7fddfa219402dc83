import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHourlyRollup } from "../../src/alerts/hourly-rollup.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import type { Fact } from "../../src/core/fact.ts";
import { result } from "../api/facts.ts";
import { STORE_PATHS, SETTINGS, type StorePath } from "./store-paths.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";
import { counts } from "../counts.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A whole hour, long enough ago for every window to be over. */
const NOON = Math.floor(Date.now() / HOUR) * HOUR - 12 * HOUR;

describe.each(STORE_PATHS)("the hourly roll-up, $name", ({ name, open }) => {
  /** What asks the store nothing in another way than the other tests do. */
  const once = it.runIf(name === "embedded");
  let path: StorePath;
  let now = NOON + 3 * HOUR;
  beforeAll(async () => void (path = await open()));
  afterAll(() => path.close());

  const rollup = (factsPerSlice?: number) =>
    createHourlyRollup({
      store: path.store,
      clock: { now: () => now, sleep: () => Promise.reject(new Error("not asked for")) },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      speed: 1,
      ...(factsPerSlice !== undefined && { factsPerSlice }),
    });
  /** A result of so many of 100 records, for a request that began so many minutes after noon. */
  const at = (minutes: number, id: string, created: number, over: Partial<ReturnType<typeof result>> = {}) =>
    ({ ...result(id, 0, { created }, NOON + minutes * MINUTE), objectType: "person", ...over }) as Fact;
  const store = (...facts: Fact[]) => path.store.append({ ...EMPTY_BATCH, facts });
  /** As days later: only what the rows say of themselves makes an hour dirty. */
  const forgetArrivals = () => path.store.client.command("TRUNCATE TABLE arrivals");
  const states = async () =>
    (
      await path.store.client.query<{ after: number; state: string; requests: string; created: string }>(
        `SELECT toInt32(dateDiff('hour', toDateTime({noon:UInt32}), hour)) AS after, state, sum(requests) AS requests, sum(created) AS created
         FROM hourly GROUP BY hour, state ORDER BY hour, state`,
        { noon: NOON / 1_000 },
      )
    ).map((row) => [row.after, row.state, Number(row.requests), Number(row.created)]);
  /** The same, by the fold of everything. */
  const folded = async () =>
    (
      await path.store.client.query<{ after: number; state: string; requests: string; done: string }>(
        `SELECT toInt32(dateDiff('hour', toDateTime({noon:UInt32}), toStartOfHour(t0))) AS after, state, count() AS requests, sum(created) AS done
         FROM lifecycles(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, now = {now:DateTime64(3, 'UTC')})
         GROUP BY after, state ORDER BY after, state`,
        {
          noon: NOON / 1_000,
          since: new Date(NOON - 24 * HOUR),
          until: new Date(NOON + 12 * HOUR),
          now: new Date(now),
        },
      )
    ).map((row) => [row.after, row.state, Number(row.requests), Number(row.done)]);

  it("counts what arrived twice once, and every hour by itself", async () => {
    const facts = [
      at(10, "a", 100),
      at(59.9, "b", 100),
      at(60, "c", 100),
      at(130, "d", 40),
      at(20, "e", 90, { failed: counts({ "1003": 10 }) }),
    ];
    await store(...facts);
    await store(...facts.slice(0, 3));
    expect(await rollup().round()).toMatchObject({ counted: 3, left: 0 });
    expect(await states()).toEqual(
      [
        [0, "partially_failed", 1, 90],
        [0, "succeeded", 2, 200],
        [1, "succeeded", 1, 100],
        [2, "overdue", 0, 0],
      ].map((row) => (row[1] === "overdue" ? [2, "retrying", 1, 40] : row)),
    );
    expect(await states()).toEqual(await folded());
  });

  it("lets the clock change the states of an hour, until none is left open, and looks at no other", async () => {
    await forgetArrivals();
    now = NOON + 4 * HOUR;
    expect((await rollup().round()).counted).toBe(1);
    expect((await states()).at(-1)).toEqual([2, "overdue", 1, 40]);
    expect(await states()).toEqual(await folded());
    expect((await rollup().round()).counted).toBe(0);
  });

  it("moves a request to its new state when a late result comes, and leaves nothing behind", async () => {
    await store({ ...at(130, "d", 60), at: NOON + 4 * HOUR } as Fact);
    expect((await rollup().round()).left).toBe(0);
    expect((await states()).at(-1)).toEqual([2, "succeeded", 1, 100]);
    expect(await states()).toEqual(await folded());
  });

  it("moves a request to another hour when that turns out to be when it began, and leaves an empty hour", async () => {
    // of the time of an event that is all that is known; its requestTime comes later
    await store(at(241, "f", 50, { t0Rank: 4 }));
    await rollup().round();
    expect((await states()).at(-1)).toEqual([4, "processing", 1, 50]);
    now += 10 * MINUTE;
    await store(at(238, "f", 50, { t0Rank: 1 }));
    await rollup().round();
    expect(await states()).toEqual(await folded());
    expect((await states()).filter(([hour]) => hour === 4)).toEqual([]);
  });

  once("counts the same in slices as at once", async () => {
    const facts = Array.from({ length: 300 }, (_, n) =>
      at(
        300 + n / 5,
        `slice-${n}`,
        n % 3 === 0 ? 100 : 97,
        n % 3 === 0 ? {} : { failed: counts({ "1003": 1, "1006": 2 }) },
      ),
    );
    now = NOON + 7 * HOUR;
    await store(...facts);
    await rollup(150).round();
    expect(await states()).toEqual(await folded());
    const [codes] = await path.store.client.query<{ codes: object; within: string[] }>(
      "SELECT sumMap(failed_by_code) AS codes, sumForEach(settled_within) AS within FROM hourly WHERE hour = toDateTime({hour:UInt32})",
      { hour: (NOON + 5 * HOUR) / 1_000 },
    );
    expect(codes?.codes).toEqual({ "1003": "200", "1006": "400" });
    expect(codes?.within).toEqual(["300", "0", "0", "0", "0", "0", "0", "0"]);
  });

  once("judges all hours anew when the settings of the fold change, and none when they do not", async () => {
    const settled = new Map([...SETTINGS, ["", lifecycleSettings({ transientCodes: ["1003"] })]]);
    await path.store.saveFoldSettings(settled, 2);
    const hours = new Set((await states()).map(([hour]) => hour)).size;
    await forgetArrivals();
    expect((await rollup().round()).counted).toBeGreaterThanOrEqual(hours);
    expect(await states()).toEqual(await folded());
    expect((await rollup().round()).counted).toBe(0);
  });

  once("counts everything after so long a pause that arrivals no longer tell what was touched", async () => {
    await store(at(10, "late", 100), at(-300, "older", 100));
    await forgetArrivals();
    await path.store.saveHourlyCursor(Date.now());
    await rollup().round();
    expect(await states()).not.toEqual(await folded());
    await path.store.client.command("TRUNCATE TABLE sweep_cursors");
    await path.store.saveHourlyCursor(Date.now() - 3 * 24 * HOUR);
    expect((await rollup().round()).left).toBe(0);
    expect(await states()).toEqual(await folded());
  });

  once("answers charts from the roll-up as from the fold", async () => {
    const query = {
      since: NOON,
      until: NOON + 3 * HOUR,
      stepMs: HOUR,
      by: ["state" as const, "instance" as const],
      limit: 1_000,
    };
    const hourly = await path.store.hourlyTraffic(query);
    expect(hourly).toEqual(await path.store.recentTraffic(query, now));
    expect(hourly[0]).toMatchObject({
      at: NOON,
      of: { state: "partially_failed", instance: "123-ABC-456" },
      requests: 1,
      expected: 100,
      created: 90,
      failed: 10,
      failedByCode: { "1003": 10 },
    });
    const day = await path.store.hourlyTraffic({ ...query, by: [], stepMs: 3 * HOUR, limit: 1 });
    expect(day).toHaveLength(1);
  });
});
