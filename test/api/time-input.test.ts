/** Times as callers write them. */
import { describe, expect, it } from "vitest";
import { parseBound, parseHttpDate, parseTime } from "../../src/api/time-input.ts";

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

  it.each(["P", "PT", "P1Y", "P1M", "-PT6H", "P1DT", "soon"])("does not take %s for a bound", (text) =>
    expect(parseBound(text, 0)).toBeUndefined(),
  );

  it("counts durations back from now", () => {
    for (const text of ["PT1H", "1h", "PT60M"]) {
      expect(parseBound(text, Date.UTC(2026, 0, 1, 1))).toBe(Date.UTC(2026, 0, 1));
    }
    expect(parseBound("P999999D", 1_000)).toBe(0);
  });

  it("reads HTTP dates in the one form that servers send", () => {
    expect(parseHttpDate("Sun, 22 Nov 2026 02:00:00 GMT")).toBe(Date.UTC(2026, 10, 22, 2));
    expect(parseHttpDate("Sunday, 22-Nov-26 02:00:00 GMT")).toBeUndefined();
  });
});
