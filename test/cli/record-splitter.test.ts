import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { RecordSplitter } from "../../src/cli/replay/record-splitter.ts";

function split(input: Uint8Array | string, pieceBytes = 65_536): { records: string[]; brokenAt: number } {
  const records: string[] = [];
  const splitter = new RecordSplitter((record) => void records.push(record.toString("latin1")));
  const bytes = Buffer.from(input);
  for (let at = 0; at < bytes.length; at += pieceBytes) splitter.push(bytes.subarray(at, at + pieceBytes));
  splitter.end();
  return { records, brokenAt: splitter.brokenAt };
}

const event = (id: number) => ({ id: `e${id}`, type: "x", data: { text: 'a"b\\c\n', n: [1, { m: null }] } });

it("takes a line for a record, whatever is in it", () => {
  const lines = ['{"a":1}', "garbage", '{"cut":', "[1,2]", '{"b":"x', "}", ' {"c":1} '];
  expect(split(lines.join("\n")).records).toEqual(lines);
  expect(split(`${lines.join("\r\n")}\r\n\r\n  \r\n`).records).toEqual(lines.map((line) => `${line}\r`));
});

it("takes lines for lines when the first of them are broken", () => {
  for (const first of ['{"cut":', '{"cut":[', '{"a":"x', "[", "{", '{"a":1,', "not json", '{"a" 1}', "}{"]) {
    const lines = [first, '{"cut again', '{"id":1}', '{"id":2}'];
    expect(split(lines.join("\n")), first).toEqual({ records: lines, brokenAt: -1 });
  }
});

it("passes bytes that are no UTF-8 through, untouched", () => {
  const line = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe, 0xc0]), Buffer.from('"}')]);
  const input = Buffer.concat([Buffer.from('{"b":1}\n'), line, Buffer.from("\n")]);
  expect(split(input).records[1]).toBe(line.toString("latin1"));
});

it("takes a pretty-printed document apart: a page, an array, an event", () => {
  const events = [event(1), event(2), event(3)];
  const page = { _page: { last: "x", events: [9] }, events, count: 3 };
  for (const indent of [1, 2, "\t"]) {
    const read = (value: unknown) =>
      split(JSON.stringify(value, undefined, indent)).records.map((one) => JSON.parse(one) as unknown);
    expect(read(events)).toEqual(events);
    expect(read(page)).toEqual(events);
    expect(read(event(4))).toEqual([event(4)]);
  }
});

it("reads documents one after the other, pretty-printed or without anything between them", () => {
  const pretty = [event(1), [event(2)], event(3)].map((one) => JSON.stringify(one, undefined, 2)).join("\n");
  expect(split(pretty).records.map((one) => (JSON.parse(one) as { id: string }).id)).toEqual([
    "e1",
    "e2",
    "e3",
  ]);
  const joined = [event(1), event(2)].map((one) => JSON.stringify(one)).join("");
  expect(split(joined).records.map((one) => (JSON.parse(one) as { id: string }).id)).toEqual(["e1", "e2"]);
});

it("goes on with lines where documents end", () => {
  const input = `${JSON.stringify(event(1), undefined, 2)}\n{"id":"a"}\n{"cut\n{"id":"b"}\n`;
  expect(split(input).records.slice(1)).toEqual(['{"id":"a"}', '{"cut', '{"id":"b"}']);
});

it("forgives trailing commas, as the service does", () => {
  expect(split('[\n  {"a": 1,},\n  {"b": [2,]},\n]').records).toEqual(['{"a": 1,}', '{"b": [2,]}']);
});

it("keeps the good events of a document that is cut off, and makes one record of the rest", () => {
  const text = JSON.stringify([event(1), event(2), event(3)], undefined, 2);
  const { records, brokenAt } = split(text.slice(0, -40));
  expect(records).toHaveLength(3);
  expect(JSON.parse(records[1] ?? "")).toEqual(event(2));
  expect(() => JSON.parse(records[2] ?? "") as unknown).toThrow(SyntaxError);
  expect(brokenAt).toBe(text.length - 40);
});

it("skips a byte order mark, and finds nothing in nothing", () => {
  const withMark = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('[\n{"a":1}\n]')]);
  expect(split(withMark).records).toEqual(['{"a":1}']);
  for (const nothing of ["", "\n\n", "  ", "[]", '{\n"events": []\n}']) {
    expect(
      split(nothing).records.filter((one) => one !== "[]"),
      nothing,
    ).toEqual([]);
  }
});

it("takes a page apart that is longer than any line may be", () => {
  const many = Array.from({ length: 20_000 }, (_, index) => event(index));
  const { records } = split(JSON.stringify({ events: many }));
  expect(records).toHaveLength(20_000);
  expect(JSON.parse(records[19_999] ?? "")).toEqual(event(19_999));
});

it("bounds what it holds, and what it emits, by the longest record", () => {
  const long = randomBytes(3_000_000).toString("hex");
  const { records } = split(`{"a":1}\n${long}\n{"b":2}\n`);
  expect(records.map((one) => one.length)).toEqual([7, 4 * 1_048_576, 7]);
});

it("finds the same records however the input is cut into pieces", () => {
  const line = fc.oneof(
    fc.json().map((text) => text),
    fc.string({ unit: "binary-ascii" }).map((text) => text.replaceAll("\n", "")),
    fc.constantFrom('{"id":1}', "{", "[", '{"a":"', "", '"x"', "}"),
  );
  const document = fc.json().map((text) => JSON.stringify(JSON.parse(text), undefined, 2));
  const input = fc.oneof(
    fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n")),
    fc.array(document, { maxLength: 4 }).map((documents) => documents.join("\n")),
  );
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 50 }), (text, pieceBytes) => {
      expect(split(text, pieceBytes)).toEqual(split(text));
    }),
    { numRuns: 2_000 },
  );
});

it("makes every line with anything on it one record, once the input is in lines", () => {
  const broken = fc.constantFrom('{"cut":', "{", "[", "no json", '{"a":"\\', "]", '{"x":1}{', "\u00ff");
  fc.assert(
    fc.property(fc.array(broken, { maxLength: 30 }), (lines) => {
      const all = ['{"id":"first"}', ...lines, '{"id":"last"}'];
      expect(split(Buffer.from(all.join("\n"), "latin1")).records).toEqual(all);
    }),
  );
});
