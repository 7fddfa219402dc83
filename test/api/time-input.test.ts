import { describe, expect, it } from "vitest";
import { parseBound, parseDuration, parseHttpDate, parseTime } from "../../src/api/time-input.ts";

describe("times as callers write them", () => {
  it.each([
    ["2026-11-22T02:00:00Z", "2026-11-22T02:00:00.000Z"],
    ["2026-11-22t02:00:00.5z", "2026-11-22T02:00:00.500Z"],
    ["2026-11-22T02:00:00+05:30", "2026-11-21T20:30:00.000Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
  ])("reads %s", (text, expected) => {
    expect(new Date(parseTime(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "1",
    "3026-01-01T00:00:00Z",
  ])("does not take %s for a time", (text) => expect(parseTime(text)).toBeUndefined());

  it.each([
    ["PT6H", 6 * 3_600_000],
    ["P7D", 7 * 86_400_000],
    ["P2W", 14 * 86_400_000],
    ["P1DT1H1M1.5S", 90_061_500],
    ["PT0S", 0],
  ])("reads the duration %s", (text, expected) => expect(parseDuration(text)).toBe(expected));

  it.each(["P", "PT", "P1Y", "P1M", "6H", "-PT6H", "PT1H1D", "P1DT"])(
    "does not take %s for a duration",
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );

  it("counts durations back from now", () => {
    expect(parseBound("PT1H", Date.UTC(2026, 0, 1, 1))).toBe(Date.UTC(2026, 0, 1));
  });

  it("reads HTTP dates in the one form that servers send", () => {
    expect(parseHttpDate("Sun, 22 Nov 2026 02:00:00 GMT")).toBe(Date.UTC(2026, 10, 22, 2));
    expect(parseHttpDate("Sunday, 22-Nov-26 02:00:00 GMT")).toBeUndefined();
  });
});
