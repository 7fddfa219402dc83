import { describe, expect, it } from "vitest";
import {
  countsJson,
  countsOf,
  mergeCounts,
  NO_COUNTS,
  sortedCounts,
  subtractCounts,
  total,
} from "../../src/core/record-counts.ts";
import { counts } from "../counts.ts";

describe("records by code", () => {
  it("are told in JSON whatever their codes are", () => {
    const awkward = counts({ "1004": 7, 'quo"te\\': 1, __proto: 2 });
    expect(countsJson(awkward)).toEqual({ "1004": 7, 'quo"te\\': 1, __proto: 2 });
    expect(countsJson(NO_COUNTS)).toEqual({});
    expect(countsOf(["1004", "503"], ["7", 2])).toEqual(counts({ "1004": 7, "503": 2 }));
  });

  it("add up and are taken off by code, and nothing is left at zero", () => {
    const both = mergeCounts([counts({ "1004": 7 }), NO_COUNTS, counts({ "503": 1, "1004": 1 })]);
    expect(both).toEqual(counts({ "1004": 8, "503": 1 }));
    expect(subtractCounts(both, counts({ "1004": 3, "503": 1 }))).toEqual(counts({ "1004": 5 }));
    expect([total(both), total(both, ["503", "606"])]).toEqual([9, 1]);
    expect(sortedCounts(both)).toEqual([
      ["1004", 8],
      ["503", 1],
    ]);
  });

  it("of one source are not changed by what is added to them", () => {
    const first = counts({ "1004": 7 });
    mergeCounts([first, counts({ "1004": 1 })]);
    expect(first).toEqual(counts({ "1004": 7 }));
  });
});
