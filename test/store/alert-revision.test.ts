import { expect, it } from "vitest";
import { createRevisions } from "../../src/store/alert-revision.ts";

it("numbers rows upwards, though the clock stands still or goes back", () => {
  const times = [5, 5, 3, 5, 6];
  const next = createRevisions(() => times.shift() ?? 0);
  expect([next(), next(), next(), next(), next()]).toEqual([5_000, 5_001, 5_002, 5_003, 6_000]);
});

it("goes on after a restart where the clock is later, in numbers that lose no digit", () => {
  const at = Date.UTC(2200, 0, 1);
  expect(createRevisions(() => at)()).toBeGreaterThan(createRevisions(() => at - 1)());
  expect(Number.isSafeInteger(createRevisions(() => at)())).toBe(true);
});
