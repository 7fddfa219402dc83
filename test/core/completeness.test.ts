import { describe, expect, it } from "vitest";
import {
  completenessOf,
  judgeWindows,
  NOTHING_SEEN,
  type StatedWindow,
  type WindowSums,
} from "../../src/core/completeness.ts";

const HOUR = 3_600_000;

function windows(...stated: number[]): StatedWindow[] {
  return stated.map((records, n) => ({
    instance: "123-ABC-456",
    objectType: "person",
    priority: "normal",
    from: n * HOUR,
    until: (n + 1) * HOUR,
    stated: records,
  }));
}

const sums = (...all: Partial<WindowSums>[]): WindowSums[] => all.map((one) => ({ ...NOTHING_SEEN, ...one }));
const missing = (stated: StatedWindow[], seen: WindowSums[]): number[] =>
  judgeWindows(stated, seen).map((one) => one.missing);

describe("the completeness of windows", () => {
  it("is what is stated less what has arrived, and never less than nothing", () => {
    expect(missing(windows(100, 50), sums({ seen: 90 }, { seen: 60 }))).toEqual([10, 0]);
    expect(missing(windows(100), [])).toEqual([100]);
  });

  it("takes a neighbour's surplus near the common edge as its own, and no more than lies there", () => {
    expect(missing(windows(100, 50), sums({ seen: 95 }, { seen: 55, head: 7 }))).toEqual([0, 0]);
    expect(missing(windows(100, 50), sums({ seen: 90 }, { seen: 60, head: 4 }))).toEqual([6, 0]);
    expect(missing(windows(50, 100), sums({ seen: 53, tail: 3 }, { seen: 97 }))).toEqual([0, 0]);
    expect(missing(windows(50, 100), sums({ seen: 60, tail: 0 }, { seen: 95 }))).toEqual([0, 5]);
  });

  it("does not hide a loss behind a busy edge", () => {
    const busy = sums(
      { seen: 990, tail: 400 },
      { seen: 1_000, head: 400, tail: 400 },
      { seen: 1_000, head: 400 },
    );
    expect(missing(windows(1_000, 1_000, 1_000), busy)).toEqual([10, 0, 0]);
  });

  it("gives the newest window the benefit of what came just after it, until that time is stated", () => {
    expect(missing(windows(100), sums({ seen: 95, after: 20 }))).toEqual([0]);
    expect(missing(windows(100, 20), sums({ seen: 95 }, { seen: 20, head: 20 }))).toEqual([5, 0]);
  });

  it("does not borrow across a time that nobody stated", () => {
    const [first, , third] = windows(100, 0, 50);
    expect(missing([first, third] as StatedWindow[], sums({ seen: 90 }, { seen: 60, head: 10 }))).toEqual([
      10, 0,
    ]);
  });

  it("is a share of all that is stated", () => {
    expect(
      completenessOf([
        { stated: 90, missing: 0 },
        { stated: 10, missing: 5 },
      ]),
    ).toBe(0.95);
    expect(completenessOf([])).toBe(1);
  });
});
