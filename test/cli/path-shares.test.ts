import { describe, expect, it } from "vitest";
import { parsePathShares } from "../../src/cli/path-shares.ts";

describe("shares of events", () => {
  it("hold for all paths, or for some", () => {
    expect(parsePathShares("0.05")).toEqual({ all: 0.05, byPath: {} });
    expect(parsePathShares("sse=0.1, journal=1")).toEqual({ all: 0, byPath: { sse: 0.1, journal: 1 } });
    expect(parsePathShares("0.01,webhook=0.2")).toEqual({ all: 0.01, byPath: { webhook: 0.2 } });
  });

  it.each(["", "2", "-1", "x", "sse=", "sse=2", "pigeon=0.1", "toString=0.1"])("are not %j", (text) => {
    expect(() => parsePathShares(text)).toThrow(
      expect.objectContaining({ code: "commander.invalidArgument" }),
    );
  });
});
