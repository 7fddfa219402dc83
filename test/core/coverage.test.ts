import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CoveredInterval,
  coverageOf,
  provenFrom,
  restsOf,
  standingOf,
} from "../../src/core/coverage.ts";
import { type Interval, mergeIntervals, subtractIntervals } from "../../src/core/interval.ts";
import type { CoverageGap } from "../../src/core/ports.ts";

const GAP: CoverageGap = { source: "j", from: 100, until: 200, reason: "position_expired" };
const read = (
  from: number,
  until: number,
  readAt = 300,
  by: CoveredInterval["by"] = "repair",
): CoveredInterval => ({
  source: "j",
  from,
  until,
  by,
  readAt,
});

const interval = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 10 }))
  .map(([from, length]): Interval => ({ from, until: from + length }));
const has = (intervals: readonly Interval[], at: number): boolean =>
  intervals.some(({ from, until }) => from <= at && at < until);

describe("intervals", () => {
  it("merge to the same times, apart from one another", () => {
    fc.assert(
      fc.property(fc.array(interval), (all) => {
        const merged = mergeIntervals(all);
        for (let at = 0; at < 60; at++) expect(has(merged, at)).toBe(has(all, at));
        merged.slice(1).forEach((one, i) => expect(one.from).toBeGreaterThan(merged[i]?.until ?? 0));
      }),
    );
  });

  it("leave what none of the others holds", () => {
    fc.assert(
      fc.property(interval, fc.array(interval), (whole, others) => {
        const rest = subtractIntervals(whole, others);
        for (let at = 0; at < 60; at++) expect(has(rest, at)).toBe(has([whole], at) && !has(others, at));
      }),
    );
  });
});

describe("a gap", () => {
  it("is open until its whole interval was read again, and then says when and by what", () => {
    expect(standingOf(GAP, [read(100, 150)], 0)).toMatchObject({
      state: "open",
      rest: [{ from: 150, until: 200 }],
      repairedAt: null,
    });
    const both = [read(140, 260, 900, "backfill"), read(90, 150, 400)];
    expect(standingOf(GAP, both, 0)).toMatchObject({
      state: "repaired",
      rest: [],
      repairedAt: 900,
      repairedBy: "backfill",
    });
  });

  it("is not closed by what was read before it, or of another journal", () => {
    expect(standingOf(GAP, [read(0, 300, 199)], 0).state).toBe("open");
    expect(standingOf(GAP, [{ ...read(0, 300), source: "other" }], 0).state).toBe("open");
  });

  it("is beyond repair when the journal keeps nothing of what is missing, not before", () => {
    expect(standingOf(GAP, [read(150, 200)], 150).state).toBe("beyond_repair");
    expect(standingOf(GAP, [read(150, 200)], 149).state).toBe("open");
    expect(restsOf([standingOf(GAP, [read(150, 200)], 150)])).toEqual([{ ...GAP, until: 150 }]);
  });
});

it("what is read proves what it was to prove, unless it begins after a long silence", () => {
  expect(provenFrom(100, 90, 20)).toBe(100);
  expect(provenFrom(100, 120, 20)).toBe(100);
  expect(provenFrom(100, 121, 20)).toBe(121);
});

it("coverage is told for each journal, what touches as one", () => {
  const all = [read(5, 9), { ...read(0, 3), source: "a" }, read(9, 12)];
  expect([...coverageOf(all)]).toEqual([
    ["a", [{ from: 0, until: 3 }]],
    ["j", [{ from: 5, until: 12 }]],
  ]);
});
