import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BodyContent, countRows, readBody } from "../../src/recorder/body-reading.ts";
import type { BodyShape } from "../../src/recorder/endpoint.ts";

function run<T>(work: Generator<void, T>): { value: T; steps: number } {
  for (let steps = 1; ; steps++) {
    const { done, value } = work.next();
    if (done === true) return { value, steps };
  }
}

function read(body: string | Uint8Array, keys: string[], seen: string[] = []): BodyContent {
  const shape: BodyShape = { kind: "records", keys };
  return run(readBody(body, shape, (json) => void seen.push(json))).value;
}

describe("records of a JSON body", () => {
  it("are counted and passed on one by one as JSON.parse sees them, whatever they hold and however it is written", () => {
    const body = fc.record({
      persons: fc.array(fc.jsonValue()),
      other: fc.jsonValue(),
      priority: fc.string(),
    });
    fc.assert(
      fc.property(body, fc.constantFrom(undefined, 1, "\t"), fc.boolean(), (value, indent, bytes) => {
        const text = JSON.stringify(value, undefined, indent);
        const seen: string[] = [];
        const content = read(bytes ? Buffer.from(text) : text, ["persons"], seen);
        expect(content.records).toBe(value.persons.length);
        expect(content.bytes).toBe(Buffer.byteLength(text));
        expect(seen.map((json): unknown => JSON.parse(json))).toEqual(
          JSON.parse(JSON.stringify(value.persons)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("are those of all programs, or those under the first key that is there", () => {
    const programs = [
      { programId: 1, members: [{}, {}] },
      { members: [{ a: "]}" }], status: "x" },
      { status: "y" },
    ];
    const keys = ["programs[].members", "input"];
    expect(read(JSON.stringify({ programs }), keys).records).toBe(3);
    expect(read(JSON.stringify({ input: [{}, {}] }), keys).records).toBe(2);
    expect(read(JSON.stringify({ companies: [{}], input: [{}, {}] }), ["input", "companies"]).records).toBe(
      2,
    );
  });

  it("come with the body's priority", () => {
    expect(read('{"priority" : "high","persons":[1]}', ["persons"]).priority).toBe("high");
    expect(read('{"persons":[{"priority":"high"}]}', ["persons"]).priority).toBeUndefined();
  });

  it.each([
    "",
    "{",
    "[1,2]",
    '{"persons":[1,2',
    '{"persons":[1,2}',
    '{"persons":{"a":1}}',
    "null",
    '{"a":"\\',
  ])("are none in what the upstream will refuse, and reading it ends: %s", (text) => {
    expect(read(text, ["persons"]).records).toBeLessThanOrEqual(2);
  });

  it("are read in steps, so that a body of 1 MB keeps nobody waiting", () => {
    const persons = Array.from({ length: 1_000 }, (_, i) => ({
      email: `p${i}@example.com`,
      note: "x".repeat(980),
    }));
    const work = readBody(JSON.stringify({ persons }), { kind: "records", keys: ["persons"] });
    const { value, steps } = run(work);
    expect(value.records).toBe(1_000);
    expect(steps).toBeGreaterThan(30);
  });
});

describe("rows of a CSV", () => {
  it.each([
    ["", 0],
    ["id,name", 0],
    ["id,name\n", 0],
    ["id,name\n1,a\n2,b", 2],
    ["id,name\r\n1,a\r\n2,b\r\n", 2],
    ['id,name\n1,"a\nb"\n2,"say ""x"""\n', 2],
    ["id\n\n1\n\n2\n", 2],
  ])("are its records below the head: %j", (text, rows) => {
    expect(run(countRows(text)).value).toBe(rows);
    expect(run(countRows(Buffer.from(text))).value).toBe(rows);
  });

  it("are counted in steps", () => {
    const { value, steps } = run(countRows(`id,name\n${"1,abcdefgh\n".repeat(100_000)}`));
    expect(value).toBe(100_000);
    expect(steps).toBeGreaterThan(10);
  });
});
