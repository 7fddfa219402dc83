import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonStep, scanJson } from "../../src/core/json-scan.ts";

function valueAt(value: unknown, path: readonly JsonStep[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<JsonStep, unknown>)[step], value);
}

describe("scanning JSON", () => {
  it("finds no fault in what JSON.parse reads, and every value at its path", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(0, 1, 2), (compact, indent) => {
        const text = JSON.stringify(JSON.parse(compact), undefined, indent);
        const whole: unknown = JSON.parse(text);
        let values = 0;
        const fault = scanJson(text, (path, from, until) => {
          values++;
          expect(JSON.parse(text.slice(from, until))).toEqual(valueAt(whole, path));
        });
        expect(fault).toBe(-1);
        expect(values).toBeGreaterThan(0);
      }),
    );
  });

  it("finds a fault in all that JSON.parse refuses, trailing commas aside, and nothing wrong before it", () => {
    const text = '{"a":[1,-2.5e3,{"b":null,"ü\\u00e9":"x\\"y"}],"c":true,"d":""}';
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.constantFrom("", "x", '"', "\\", "}", "]", ",", "\n", "0"),
        (at, char) => {
          const broken = text.slice(0, at) + char + text.slice(at + 1);
          const fault = scanJson(broken);
          let isJson = true;
          try {
            JSON.parse(broken);
          } catch {
            isJson = /,\s*[\]}]/.test(broken) && fault === -1;
          }
          expect(fault === -1).toBe(isJson);
          if (fault !== -1) expect(fault).toBeGreaterThanOrEqual(at - 5); // of a word or a number its beginning is told
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["", 0],
    ['{"a":1', 6],
    ['{"a" 1}', 5],
    ['{"a":}', 5],
    ["{a:1}", 1],
    ["[1 2]", 3],
    ["[01]", 2],
    ["{} {}", 3],
    ['["\\x"]', 2],
    ['["a\tb"]', 3],
    ["[1,,2]", 3],
  ])("says where %j stops being JSON", (text, at) => {
    expect(scanJson(text)).toBe(at);
  });

  it.each(["[1,]", '{"a":[{},],}', " [ ] "])("lets %j pass", (text) => {
    expect(scanJson(text)).toBe(-1);
  });

  it("takes any depth", () => {
    const depth = 500_000;
    expect(scanJson("[".repeat(depth) + "]".repeat(depth))).toBe(-1);
    expect(scanJson("[".repeat(depth))).toBe(depth);
  });
});
