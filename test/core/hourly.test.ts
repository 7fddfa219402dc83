import { describe, expect, it } from "vitest";
import { HOUR_MS, mergeSlices, planRuns, type TrafficGroup } from "../../src/core/hourly.ts";

const group = (over: Partial<TrafficGroup>): TrafficGroup => ({
  instance: "123-ABC-456",
  target: "marketo",
  objectType: "person",
  objectName: "",
  priority: "normal",
  state: "succeeded",
  requests: 1,
  expected: 100,
  created: 60,
  updated: 40,
  outstanding: 0,
  failed: 0,
  superseded: 0,
  failedByCode: {},
  settledWithin: [1, 0],
  ...over,
});

describe("planning what is counted by one question", () => {
  const MINUTE = HOUR_MS / 60;
  const facts = (...counts: number[]) => new Map(counts.map((count, index) => [index * HOUR_MS, count]));
  /** Hours, and the slices in minutes. */
  const plan = (hours: number[], counts: ReadonlyMap<number, number>) =>
    planRuns(
      hours.map((hour) => hour * HOUR_MS),
      counts,
      100,
    ).map(({ hours: found, slices }) => [
      found.map((hour) => hour / HOUR_MS),
      ...slices.map(({ since, until }) => [since / MINUTE, until / MINUTE]),
    ]);

  it("joins hours up to what one question may hold, with what lies between them", () => {
    expect(plan([0, 1, 2, 3], facts(40, 40, 40, 40))).toEqual([
      [
        [0, 1],
        [0, 120],
      ],
      [
        [2, 3],
        [120, 240],
      ],
    ]);
    expect(plan([0, 2], facts(40, 10, 40))).toEqual([
      [
        [0, 2],
        [0, 180],
      ],
    ]);
    expect(plan([0, 2], facts(40, 80, 40))).toEqual([
      [[0], [0, 60]],
      [[2], [120, 180]],
    ]);
  });

  it("cuts an hour that is too much by itself where its facts are, and a minute at most into three", () => {
    const some = new Map([
      [3 * MINUTE, 60],
      [4 * MINUTE, 30],
      [7 * MINUTE, 20],
      [10 * MINUTE, 250],
      [50 * MINUTE, 70],
      [61 * MINUTE, 10],
    ]);
    expect(plan([0, 1], some)).toEqual([
      [[0], [0, 7], [7, 10], [10, 10 + 1 / 3], [10 + 1 / 3, 10 + 2 / 3], [10 + 2 / 3, 11], [11, 60]],
      [[1], [60, 120]],
    ]);
    const [, ...slices] = plan([0], new Map([[59 * MINUTE, 1e9]]))[0] ?? [];
    expect(slices).toHaveLength(4);
    expect(slices.at(-1)).toEqual([59 + 2 / 3, 60]);
  });

  it("has nothing to do without hours", () => expect(plan([], facts())).toEqual([]));
});

it("adds up slices by everything that tells groups apart, codes included", () => {
  const merged = mergeSlices([
    { groups: [group({ failedByCode: { "1003": 2 } }), group({ state: "failed" })], settlesAt: 5 },
    { groups: [group({ failedByCode: { "1003": 1, "1006": 1 }, settledWithin: [0, 1] })], settlesAt: 3 },
  ]);
  expect(merged.settlesAt).toBe(5);
  expect(merged.groups).toHaveLength(2);
  expect(merged.groups[0]).toMatchObject({
    requests: 2,
    expected: 200,
    failedByCode: { "1003": 3, "1006": 1 },
    settledWithin: [1, 1],
  });
});
