import { expect, it } from "vitest";
import { renderLifecycle } from "../../src/cli/render/lifecycle.ts";
import { headlineOf } from "../../src/cli/render/headline.ts";
import { COLOURED, lifecycle, NOW, PLAIN, succeeded } from "./lifecycles.ts";

it("tells a retrying request: the sentence, the facts, the records, what was and what is to come", () => {
  expect(renderLifecycle(lifecycle(), NOW, PLAIN)).toMatchInlineSnapshot(`
    "retrying: 90 of 100 records done, 10 outstanding; retry 1 of 3 was due at 02:05:00 UTC, next in 23m;
    the link window closes in 53m (inferred)

    request      e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11
    correlation  nightly-2026-11-22/17
    what         upsert customObject purchases, linked to persons
    where        marketo 123-ABC-456
    from         crm-sync, as foo@marketo.com
    retries      policy marketo-2023
    labels       job=backfill-90d, chunk=12

    ██████████████████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░
    █ 60 created  ▓ 30 updated  ░ 10 outstanding

    timeline  2026-11-22 UTC   ● observed  ○ inferred  · to come
      02:00:00    start  ● submitted
      02:00:00   +180ms  ● accepted       202
      02:01:30  +1m 30s  ● result         60 created, 30 updated
      02:05:00      +5m  ○ retry 1 of 3   was due, nothing was heard of it
      02:35:00     +35m  · retry 2 of 3   due in 23m
      03:05:00   +1h 5m  · window closes  in 53m: the persons must be there by then
      03:10:00  +1h 10m  · deadline       in 58m: what is then outstanding is given up"
  `);
});

it("tells a settled request without anything to come", () => {
  const text = renderLifecycle(succeeded({ labels: {}, linkBearing: false }), NOW, PLAIN);
  expect(text).toMatchInlineSnapshot(`
    "succeeded: 100 of 100 records done, in 1m 30s

    request      e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11
    correlation  nightly-2026-11-22/17
    what         upsert customObject purchases
    where        marketo 123-ABC-456
    from         crm-sync, as foo@marketo.com
    retries      policy marketo-2023

    ██████████████████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓
    █ 60 created  ▓ 40 updated

    timeline  2026-11-22 UTC   ● observed  ○ inferred  · to come
      02:00:00.000    start  ● submitted
      02:00:00.180   +180ms  ● accepted   202
      02:01:30.000  +1m 30s  ● result     60 created, 30 updated
      02:01:30.000  +1m 30s  ● succeeded"
  `);
});

it("uses the same words with and without colours", () => {
  const coloured = renderLifecycle(lifecycle(), NOW, COLOURED);
  expect(coloured).toContain("\u001b[");
  // oxlint-disable-next-line no-control-regex -- colours are control sequences
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(renderLifecycle(lifecycle(), NOW, PLAIN));
});

it.each([48, 60, 80, 140])("keeps within %i columns, ids aside", (width) => {
  const one = lifecycle({ anomalies: ["received_exceeds_submitted"] });
  const lines = renderLifecycle(one, NOW, { ...PLAIN, width }).split("\n");
  expect(lines.filter((line) => line.trimEnd().length > width && !line.includes(one.requestId))).toEqual([]);
});

it("explains what does not add up", () => {
  const text = renderLifecycle(lifecycle({ anomalies: ["received_exceeds_submitted"] }), NOW, PLAIN);
  expect(text).toContain("! received_exceeds_submitted: the stream says that more records were received");
});

it("tells a rejected request by the upstream's words, and shows no records as under way", () => {
  const one = lifecycle({
    state: "rejected",
    terminal: true,
    evidence: "observed",
    retry: null,
    timeline: [
      {
        at: "2026-11-22T02:00:00.180Z",
        type: "rejected",
        evidence: "observed",
        httpStatus: 429,
        errorCode: "4290801",
        errorMessage: "Too many",
      },
    ],
  });
  expect(headlineOf(one, NOW)).toBe(
    "rejected: the upstream answered 429 (4290801: Too many); none of 100 records was taken",
  );
  expect(renderLifecycle(one, NOW, PLAIN)).not.toContain("outstanding");
});

it("tells an exhausted request whether its records failed or fell silent", () => {
  const one = lifecycle({
    state: "exhausted",
    terminal: true,
    settledAt: "2026-11-22T03:10:00.000Z",
    records: { expected: 50, created: 40, updated: 0, failed: { "1004": 7 }, outstanding: 3, superseded: {} },
  });
  expect(headlineOf(one, Date.parse("2026-11-23T00:00:00Z"))).toMatchInlineSnapshot(
    `"exhausted: 40 of 50 records done, 7 failed (1004 ×7), 3 outstanding; the link window is over: they found no person or were never heard of again; since 2026-11-22 03:10:00 UTC (inferred)"`,
  );
});

it("warns that an unconfirmed request may have got in", () => {
  const one = lifecycle({ state: "unconfirmed", acceptedAt: null, retry: null });
  expect(headlineOf(one, NOW)).toContain("it may have got in all the same");
});

it("lets no escape sequence of a label or an error reach the terminal", () => {
  const one = lifecycle({ labels: { job: "\u001b[2Jgone\u202e" }, requestId: "a\u0007b" });
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  expect(renderLifecycle(one, NOW, PLAIN)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

it("shows both ends of a very long timeline", () => {
  const result = lifecycle().timeline[2];
  const timeline = Array.from({ length: 1_000 }, () => ({ ...result }) as never);
  const text = renderLifecycle(lifecycle({ timeline }), NOW, PLAIN);
  expect(text).toContain("963 more; --json has them all");
  expect(text.split("\n").length).toBeLessThan(70);
});

it("shows states and entries that it does not know as they are", () => {
  const one = lifecycle({
    state: "half_done" as never,
    timeline: [{ at: "2026-11-22T02:00:00.000Z", type: "moon_landing" as never, evidence: "observed" }],
  });
  const text = renderLifecycle(one, NOW, PLAIN);
  expect(text).toContain("half done: 90 of 100 records done, 10 outstanding");
  expect(text).toContain("moon landing");
});
