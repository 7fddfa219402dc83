import { expect, it } from "vitest";
import type { ResultFact } from "../../src/core/fact.ts";
import { differenceOf } from "../../src/core/fact-difference.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { compareFacts, decodePage, openReport } from "../../src/core/reprocess-report.ts";
import { requestEntry, resultsEvent } from "./events.ts";

function factOf(changes: Record<string, unknown> = {}): ResultFact {
  const [fact] = decodeEvent(resultsEvent("e1", [requestEntry("r1", changes)])).facts;
  if (fact === undefined) throw new Error("the event has one fact");
  return fact;
}

it("is none between facts of the same content, whatever their versions and the order of their codes", () => {
  const before = factOf({ records: { received: 3, failed: { b: 1, a: 2 } } });
  const after = factOf({ records: { received: 3, failed: { a: 2, b: 1 } } });
  expect(differenceOf({ ...before, version: 7 }, after)).toEqual([]);
});

it("names every field that differs, with both values", () => {
  const after = factOf({
    priority: "normal",
    requestTime: undefined,
    records: { received: 100, failed: { "1": 5 } },
  });
  expect(differenceOf(factOf(), after)).toEqual([
    { field: "t0", before: factOf().t0, after: after.t0 },
    { field: "t0Rank", before: 1, after: 4 },
    { field: "priority", before: "high", after: "normal" },
    { field: "created", before: 90, after: 0 },
    { field: "updated", before: 5, after: 0 },
    { field: "failed", before: { "503": 5 }, after: { "1": 5 } },
  ]);
});

it("knows text again that the store had to make well-formed", () => {
  const odd = "r\ud800";
  const body = JSON.stringify(resultsEvent("e1", [requestEntry(odd, { clientId: odd })]));
  const report = openReport();
  const page = decodePage([{ eventId: "e1", body }], report);
  const stored = page.facts.map((fact) => ({ ...fact, requestId: "r\u{FFFD}", clientId: "r\u{FFFD}" }));
  expect(compareFacts(page, new Map([["r\u{FFFD}", stored]]), report)).toEqual([]);
  expect(report.facts).toMatchObject({ new: 0, changed: 0, gone: 0 });
});
