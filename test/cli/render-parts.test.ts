import fc from "fast-check";
import { expect, it } from "vitest";
import { shareCells } from "../../src/cli/render/records.ts";
import { renderTable } from "../../src/cli/render/table.ts";
import { durationText, fromNow, momentText, sinceStart } from "../../src/cli/render/time-text.ts";
import { createLiveRegion } from "../../src/cli/terminal/live-region.ts";
import { createLook } from "../../src/cli/terminal/look.ts";
import { NOW, PLAIN } from "./lifecycles.ts";

it.each([
  [0, "0ms"],
  [340, "340ms"],
  [2_200, "2.2s"],
  [9_949, "9.9s"],
  [9_960, "10s"],
  [59_999, "1m"],
  [132_000, "2m 12s"],
  [300_000, "5m"],
  [3_599_900, "1h"],
  [3_900_000, "1h 5m"],
  [86_399_999, "1d"],
  [183_600_000, "2d 3h"],
])("writes %i ms as %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
  expect(durationText(-ms)).toBe(text);
});

it("tells times by how far they are", () => {
  expect(fromNow(NOW + 60_000, NOW)).toBe("in 1m");
  expect(fromNow(NOW - 60_000, NOW)).toBe("1m ago");
  expect(sinceStart(NOW, NOW)).toBe("start");
  expect(sinceStart(NOW - 3_000, NOW)).toBe("-3s");
  expect(momentText(NOW, NOW)).toBe("02:12:00 UTC");
  expect(momentText(NOW - 86_400_000, NOW)).toBe("2026-11-21 02:12:00 UTC");
});

it("gives every part of a bar a cell, and fills the bar exactly", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 10, max: 200 }),
      (counts, width) => {
        const cells = shareCells(counts, width);
        expect(Math.min(...cells)).toBeGreaterThanOrEqual(1);
        expect(cells.reduce((sum, one) => sum + one, 0)).toBe(width);
      },
    ),
  );
});

it("wraps the last column of a table under itself", () => {
  const text = renderTable(["id", "reason"], [["x1", "one two three four five six seven"]], {
    ...PLAIN,
    width: 30,
  });
  expect(text).toBe("id  reason\nx1  one two three four five\n    six seven");
});

it("uses colours on a terminal only, and not with NO_COLOR", () => {
  const paint = (stream: object, env: object): string => createLook(stream, { ...env }).colors.red("x");
  expect(paint({ isTTY: true, columns: 80 }, {})).not.toBe("x");
  expect(paint({ isTTY: true, columns: 80 }, { NO_COLOR: "1" })).toBe("x");
  expect(paint({ isTTY: true, columns: 80 }, { TERM: "dumb" })).toBe("x");
  expect(paint({}, {})).toBe("x");
});

it("is as wide as the terminal, and has a fixed width elsewhere", () => {
  expect(createLook({ isTTY: true, columns: 133 }, {}).width).toBe(133);
  expect(createLook({ isTTY: true, columns: 5 }, {}).width).toBe(40);
  expect(createLook({ columns: 133 }, {}).width).toBe(100);
});

it("draws a region again over itself, cut to the terminal's height", () => {
  let written = "";
  const region = createLiveRegion({ rows: 5, write: (text) => (written += text) });
  region.draw("a\nb");
  region.draw("1\n2\n3\n4\n5\n6");
  region.draw("z");
  expect(written).toBe("a\nb\n\u001b[2F\u001b[0J1\n2\n3\n  …\n\u001b[4F\u001b[0Jz\n");
});

it("counts a line that is wider than the terminal as the rows that it takes, colours aside", () => {
  let written = "";
  const region = createLiveRegion({ rows: 6, columns: 10, write: (text) => (written += text) });
  region.draw(`\u001b[32m${"x".repeat(10)}\u001b[39m\n${"y".repeat(21)}`);
  region.draw(`${"z".repeat(35)}\n1\n2`);
  region.draw("end");
  expect(written).toContain("\u001b[4F\u001b[0Jz");
  expect(written).toContain("z\n  …\n\u001b[5F\u001b[0Jend\n");
});
