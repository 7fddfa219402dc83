import * as fc from "fast-check";
import { expect, it } from "vitest";
import { listEnvelopes } from "../../src/core/envelope.ts";
import { ResultPage } from "../../src/core/result-rows.ts";
import { ResultsScanner } from "../../src/core/results-scan.ts";
import { eventTextOf, splitPage } from "../../src/pipeline/split-page.ts";
import { journalPage } from "./sample-events.ts";

/** The texts of the events, which are none of results. */
function splitText(text: string): string[] | undefined {
  const bytes = Buffer.from(text);
  const elements = splitPage(bytes, new ResultsScanner(bytes, new ResultPage(64)));
  return elements?.map(({ from, until }) => bytes.toString("utf8", from, until));
}

it("finds the same events as the parser does, in whatever spacing and with whatever in them", () => {
  const event = fc.dictionary(fc.string(), fc.jsonValue());
  const shape = fc.constantFrom("page", "batch", "other");
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 5 }),
      shape,
      fc.constantFrom(undefined, 2, "\r\n\t "),
      (events, shape, indent) => {
        const entries = events.map((one, index) => ({ position: `p${index}`, event: one }));
        const page =
          shape === "page"
            ? { events: entries, _page: { last: "]}" } }
            : shape === "batch"
              ? events
              : { x: 1, events };
        const text = JSON.stringify(page, null, indent);
        const split = splitText(text);
        if (shape === "other") expect(split).toBe(undefined);
        else expect(split?.map((one) => JSON.parse(one) as unknown)).toEqual(listEnvelopes(JSON.parse(text)));
        if (shape === "page") {
          expect(
            split?.map((one) => JSON.parse(eventTextOf(one, JSON.parse(one)) ?? "null") as unknown),
          ).toEqual(JSON.parse(JSON.stringify(events)));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

it("leaves to the parser what is cut off or no page", () => {
  const page = journalPage([{ id: "a" }, { id: "b" }]);
  for (let end = 0; end < page.length; end++) expect(splitText(page.slice(0, end))).toBe(undefined);
  const others = [
    '{"events":[1,2]}',
    '{"events":[{}],"type":"t","data":{}}',
    "[[]]",
    "[{},]",
    '[{}] "',
    '{"events":[{} {}]}',
    "5",
  ];
  for (const text of others) expect([text, splitText(text)]).toEqual([text, undefined]);
});

it("takes an entry's event for its text only if nothing else stands in the entry", () => {
  const textOf = (entry: string) => eventTextOf(entry, JSON.parse(entry));
  expect(textOf('{"position":"p","event":{"id":"a"} }')).toBe('{"id":"a"}');
  expect(textOf('{"position":"p","event":{"id":"a"},"eventid":"x"}')).toBe(undefined);
  expect(textOf('{"event":{"id":"a"},"position":"p"}')).toBe(undefined);
});
