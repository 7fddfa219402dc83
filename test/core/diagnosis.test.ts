import { describe, expect, it } from "vitest";
import { diagnose, type Fault } from "../../src/core/diagnosis.ts";
import type { ErrorCode } from "../../src/core/errors.ts";

const GOOD = {
  id: "e1",
  type: "com.adobe.platform.marketo.observability.results",
  time: "2026-11-22T02:00:00Z",
  data: { munchkinId: "123-ABC-456", requests: [{ requestId: "r1", records: { received: 5, created: 5 } }] },
};
const WRONG = {
  ...GOOD,
  data: {
    ...GOOD.data,
    requests: [GOOD.data.requests[0], { requestId: "r2", records: { received: "fünf" } }],
  },
};

function faultsOf(body: string, code: ErrorCode = "EVENT_INVALID", encoding: "utf-8" | "base64" = "utf-8") {
  return diagnose({ code, body, encoding });
}

/** The text that a place points at. */
function blamed(body: string, fault: Fault | undefined): string {
  const { line = 1, column = 1, offset = 0, length = 0 } = fault?.place ?? {};
  const characters = Array.from(body.split("\n")[line - 1] ?? "");
  const inLine = characters.slice(column - 1, column - 1 + length).join("");
  expect(Buffer.from(body).subarray(offset).toString().startsWith(inLine)).toBe(true);
  return inLine;
}

describe("the place of a fault", () => {
  it.each([
    ["an event", WRONG, "data.requests[1].records.received"],
    ["an envelope of EventBridge", { id: "x", detail: WRONG }, "detail.data.requests[1].records.received"],
    ["a journal's entry", { position: "p", event: WRONG }, "event.data.requests[1].records.received"],
    ["a twofold envelope", { event: { body: WRONG } }, "event.body.data.requests[1].records.received"],
    ["a batch", [GOOD, WRONG], "[1].data.requests[1].records.received"],
    [
      "a page",
      { events: [{ event: GOOD }, { event: WRONG }] },
      "events[1].event.data.requests[1].records.received",
    ],
    ["a batch under detail", { detail: [GOOD, GOOD, WRONG] }, "detail[2].data.requests[1].records.received"],
  ])("is found in %s, compact or over many lines", (_what, payload, path) => {
    for (const body of [JSON.stringify(payload), JSON.stringify(payload, undefined, 2)]) {
      const faults = faultsOf(body);
      expect(faults).toMatchObject([{ code: "EVENT_INVALID", path }]);
      expect(blamed(body, faults?.[0])).toBe('"fünf"');
    }
  });

  it("of what is missing is what lacks it", () => {
    const body = JSON.stringify({ ...GOOD, data: { munchkinId: "ü" } });
    const [fault] = faultsOf(body) ?? [];
    expect(fault).toMatchObject({ path: "data.requests" });
    expect(body.slice((fault?.place?.column ?? 0) - 1)).toBe('{"munchkinId":"ü"}}');
    expect(fault?.place?.length).toBe(1);
  });

  it("of an unknown type is the type", () => {
    const body = JSON.stringify({ ...GOOD, type: "gossip" });
    const faults = faultsOf(body, "EVENT_TYPE_UNKNOWN");
    expect(faults).toMatchObject([{ code: "EVENT_TYPE_UNKNOWN", path: "type" }]);
    expect(blamed(body, faults?.[0])).toBe('"gossip"');
  });

  it("is that of the value that counts, where a key stands twice", () => {
    const body = JSON.stringify(GOOD)
      .replace('"time":', '"time":"2026-11-22T02:00:00Z","time":1,"x":')
      .replace(/"x":"[^"]*"/, '"x":1');
    expect(blamed(body, faultsOf(body)?.[0])).toBe("1");
  });

  it("is told for the first five faults", () => {
    const requests = Array.from({ length: 9 }, () => ({ requestId: 1 }));
    expect(faultsOf(JSON.stringify({ ...GOOD, data: { ...GOOD.data, requests } }))).toHaveLength(5);
  });

  it.each([
    ['{"id":"é","type":bad}', 1, 18, 18, "b"],
    ['{"id":"é",\n  "type": "cut', 2, 15, 26, ""],
    ["", 1, 1, 0, ""],
  ])("of what is no JSON is where it stops being some: %j", (body, line, column, offset, char) => {
    const [fault] = faultsOf(body, "EVENT_UNREADABLE") ?? [];
    expect(fault).toMatchObject({
      code: "EVENT_UNREADABLE",
      path: null,
      place: { line, column, offset, length: 1 },
    });
    expect(blamed(body, fault)).toBe(char);
  });

  it("of bytes that are not UTF-8 is the first of them, not a U+FFFD before it", () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":"é\u{FFFD}\n😀'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from("x"),
    ]);
    expect(faultsOf(bytes.toString("base64"), "EVENT_NOT_UTF8", "base64")).toMatchObject([
      {
        code: "EVENT_NOT_UTF8",
        path: null,
        place: { line: 2, column: 2, offset: bytes.indexOf(0xc3, 9), length: 1 },
      },
    ]);
    expect(faultsOf('{"a":"x\u{FFFD}"}', "EVENT_NOT_UTF8")?.[0]?.place?.offset).toBe(7);
  });
});

it("finds no fault in what the present decoder reads, and does not judge what is dead for another reason", () => {
  expect(faultsOf(JSON.stringify(GOOD))).toEqual([]);
  expect(faultsOf(JSON.stringify({ events: [GOOD] }), "PAGE_UNREADABLE")).toEqual([]);
  expect(faultsOf(JSON.stringify(GOOD), "EVENT_TOO_LARGE")).toBeUndefined();
  expect(faultsOf(JSON.stringify(GOOD), "STORE_QUERY_FAILED")).toBeUndefined();
});

it("takes its time with a large letter, but not long", () => {
  const requests = Array.from({ length: 20_000 }, (_, n) => ({
    requestId: `r${n}`,
    records: { received: -1 },
  }));
  const body = JSON.stringify({ ...GOOD, data: { ...GOOD.data, requests } });
  const begun = performance.now();
  expect(faultsOf(body)).toHaveLength(5);
  expect(performance.now() - begun).toBeLessThan(2_000);
});
