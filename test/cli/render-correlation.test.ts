import { expect, it } from "vitest";
import { renderCorrelation } from "../../src/cli/render/correlation.ts";
import { correlation, lifecycle, NOW, PLAIN } from "./lifecycles.ts";

it("tells a correlation: requests by state, records, the earliest deadline, and whom to look at", () => {
  expect(renderCorrelation(correlation(), [lifecycle()], NOW, PLAIN)).toMatchInlineSnapshot(`
    "nightly-2026-11-22/17: 12 requests, 9 succeeded, 2 retrying, 1 exhausted; 1,180 of 1,200 records
    done, 8 failed (1004 ×8), 12 outstanding; the earliest deadline is in 58m

    begun 02:00:00 UTC, 12m ago; last result 02:06:00 UTC, 6m ago

      succeeded  9  ████████████████████████████████████████
      retrying   2  █████████
      exhausted  1  ████

    █████████████████████████████████████▓▓▓▓▓▓▓▓▓▓▓▒░
    █ 900 created  ▓ 280 updated  ▒ 8 failed  ░ 12 outstanding

    requests to look at
      retrying          e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11  90 of 100 records done, 10 outstanding"
  `);
});

it("names ten requests and counts the others", () => {
  const many = Array.from({ length: 25 }, (_, index) => lifecycle({ requestId: `r${index}` }));
  const text = renderCorrelation(correlation(), many, NOW, PLAIN);
  expect(text.match(/ {2}r\d+ /g)).toHaveLength(10);
  expect(text).toContain("… and 15 more");
});

it("says that all is settled when it is", () => {
  const rollup = correlation({
    settled: true,
    requests: { total: 1, byState: { succeeded: 1 } },
    earliestDeadlineAt: null,
  });
  expect(renderCorrelation(rollup, [], NOW, PLAIN).split("\n\n")[0]).toContain("all settled");
});
