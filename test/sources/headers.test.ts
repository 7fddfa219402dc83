import { describe, expect, it } from "vitest";
import { backoffMs, DEFAULT_BACKOFF } from "../../src/core/backoff.ts";
import { lastEventTime } from "../../src/sources/event-time.ts";
import { belongsToJournal, mayFollow, startingUrl } from "../../src/sources/journal-url.ts";
import { linkTarget } from "../../src/sources/link-header.ts";
import { parseRetryAfter } from "../../src/core/retry-after.ts";

describe("Link headers", () => {
  it.each([
    ['</a?since=1>; rel="next"', "/a?since=1"],
    ["</a>; rel=next", "/a"],
    ['<https://x/?a=1,2;3>; title="a, \\"b\\"; rel=last"; rel="next"', "https://x/?a=1,2;3"],
    ['</e>; rel="events", </a>; REL="prev Next"', "/a"],
    ['</a>;rel="latest",</b>;rel="next"', "/b"],
    ['</a>; rel="next"; rel="ignored"', "/a"],
    ['</a>; rel="last"; rel="next"', undefined],
    ['</a>; rel="nextish"', undefined],
    ["<broken; rel=next", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("reads the next link of %s", (header, target) => {
    expect(linkTarget(header, "next")).toBe(target);
  });

  it("reads a header made to be slow in no time", () => {
    const started = performance.now();
    linkTarget(`<${'a>;b="'.repeat(20_000)}`, "next");
    linkTarget(`<a>${"; a".repeat(50_000)}!`, "next");
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("which links may be followed", () => {
  const from = new URL("https://events-va6.adobe.io/events/x?since=1");
  it.each([
    ["https://events-va6.adobe.io/events-fast/x?since=2", true],
    ["https://events.adobe.io/x", true],
    ["http://events-va6.adobe.io/x", false],
    ["https://evil.example/adobe.io", false],
    ["https://evil-adobe.io/x", false],
    ["https://adobe.io.evil.example/x", false],
    ["https://user:secret@events.adobe.io/x", false],
  ])("%s: %s", (to, allowed) => {
    expect(mayFollow(from, new URL(to))).toBe(allowed);
  });

  it("takes a cursor of the same registration, whatever stands before it", () => {
    const own = "https://events-va6.adobe.io/events/organizations/1/integrations/2/abc";
    expect(
      belongsToJournal(
        "https://events-va6.adobe.io/events-fast/organizations/1/integrations/2/abc?since=1",
        own,
      ),
    ).toBe(true);
    expect(
      belongsToJournal("https://events-va6.adobe.io/events/organizations/1/integrations/2/def?since=1", own),
    ).toBe(false);
    expect(belongsToJournal("http://127.0.0.1:1/events/abc", own)).toBe(false);
    expect(belongsToJournal("", own)).toBe(false);
  });

  it("begins where asked to, keeping a limit and dropping a position", () => {
    const url = "https://events.adobe.io/abc?limit=100&since=old";
    expect(startingUrl(url, { at: "oldest" }).search).toBe("?limit=100");
    expect(startingUrl(url, { at: "latest" }).search).toBe("?limit=100&latest=true");
    expect(startingUrl(url, { at: "seek", back: "-PT2H" }).search).toBe("?limit=100&seek=-PT2H");
  });
});

it.each([
  ["5", 5_000],
  [" 0.5 ", 500],
  ["Thu, 01 Jan 1970 00:00:12 GMT", 2_000],
  ["Thu, 01 Jan 1970 00:00:01 GMT", 0],
  ["999999", 3_600_000],
  ["soon", undefined],
  [undefined, undefined],
])("reads Retry-After %s as %s ms", (value, ms) => {
  expect(parseRetryAfter(value, 10_000)).toBe(ms);
});

it("backs off with full jitter up to a cap", () => {
  const ceilings = [1, 2, 3, 20, 2_000].map((failures) => backoffMs(DEFAULT_BACKOFF, failures, 1));
  expect(ceilings).toEqual([500, 1_000, 2_000, 60_000, 60_000]);
  expect(backoffMs(DEFAULT_BACKOFF, 5, 0)).toBe(0);
});

it("finds the time of the last event of a page without parsing it", () => {
  const page =
    '{"events":[{"event":{"time":"2026-01-01T00:00:00Z"}},{"event":{"time" : "2026-01-02T00:00:00Z","data":{"time":5,"requestTime":"2020-01-01T00:00:00Z"}}}]}';
  expect(lastEventTime(Buffer.from(page))).toBe(Date.UTC(2026, 0, 2));
  expect(lastEventTime(Buffer.from('"time"'))).toBe(null);
  expect(lastEventTime(Buffer.from(""))).toBe(null);
});
