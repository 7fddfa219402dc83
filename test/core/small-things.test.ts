import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/core/duration.ts";
import { hash64 } from "../../src/core/hash.ts";
import { attemptAt, lastRetryMs, RETRY_POLICIES, scalePolicy } from "../../src/core/retry-policy.ts";

describe("retry policies", () => {
  const policy = RETRY_POLICIES["marketo-2023"];

  it("count a retry from the moment at which it is due", () => {
    const minutes = [-1, 0, 4.99, 5, 34, 35, 65, 900];
    expect(minutes.map((minute) => attemptAt(policy, minute * 60_000))).toEqual([0, 0, 0, 1, 1, 2, 3, 3]);
  });

  it("scale to a faster clock, window included", () => {
    expect(scalePolicy(policy, 60)).toEqual({
      name: "marketo-2023",
      retryAfterMs: [5_000, 35_000, 65_000],
      linkWindowMs: 65_000,
    });
    expect(lastRetryMs(RETRY_POLICIES["marketo-2026"])).toBe(360 * 60_000);
  });
});

describe("durations", () => {
  it.each([
    ["15m", 900_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    ["1.5s", 1_500],
    ["PT6H", 21_600_000],
    ["P1DT1S", 86_401_000],
  ])("reads %s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(["", "15", "m", "15 m", "P", "PT", "-5m", "5y"])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("hash64", () => {
  it("spreads near texts over 64 bits without a collision", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200_000; i++) seen.add(hash64(`r\n${i}\nrequest`));
    expect(seen.size).toBe(200_000);
  });

  it("is an unsigned 64-bit decimal, the same each time", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(hash64(text)).toBe(hash64(text));
        expect(BigInt(hash64(text)) < 2n ** 64n).toBe(true);
      }),
    );
  });
});
