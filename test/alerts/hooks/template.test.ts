import { describe, expect, it } from "vitest";
import { alertPayload } from "../../../src/alerts/payload.ts";
import { createAlertTexts } from "../../../src/alerts/template.ts";
import { ALERT_RULES } from "../../../src/core/alert.ts";
import { AT, sampleAlert, samplePayload } from "./sample-alert.ts";
import { NO_COUNTS } from "../../../src/core/record-counts.ts";

const LINKS = { base: "https://after202.example.com/" };

describe("the payload", () => {
  it("is as contracted, without labels that do not apply", () => {
    expect(samplePayload({ status: "resolved", endsAt: AT + 60_000 })).toEqual({
      id: "4711",
      type: "link-retry-exhausted",
      status: "resolved",
      severity: "critical",
      evidence: "inferred",
      startsAt: "2026-11-22T12:00:00.000Z",
      endsAt: "2026-11-22T12:01:00.000Z",
      group: { instance: "123-ABC-456", objectName: "purchases" },
      summary: "No further request to purchases (123-ABC-456) has run out of link retries",
      requests: { count: 3, sample: ["r-1", "r-2", "r-3"] },
      records: { outstanding: 5, failed: { "1004": 7 } },
      links: {
        self: "https://after202.example.com/v1/alerts/4711",
        page: "https://after202.example.com/#/alerts/4711",
      },
    });
  });

  it("tells whom the requests wait for, where that is known", () => {
    const missingPersons = { count: 12, of: 100, sample: ["d1"], askedAt: AT, windowEndsAt: AT + 1_390_000 };
    const payload = samplePayload({ rule: "link-retry-at-risk", missingPersons });
    expect(payload.missingPersons).toEqual({ count: 12, sample: ["d1"] });
    expect(payload.summary).toMatch(/; 12 of 100 have no person yet; 23 minutes left$/);
  });

  it("keeps a path of the base, with and without its last slash", () => {
    const { links } = alertPayload(sampleAlert(), { base: "https://x.example/after202/" });
    expect(links.self).toBe("https://x.example/after202/v1/alerts/4711");
  });
});

describe("the default texts", () => {
  it("speak of one request as of one", () => {
    const requests = { count: 1, sample: ["r"], outstanding: 1, failed: NO_COUNTS };
    expect(samplePayload({ requests }).summary).toBe(
      "1 request to purchases (123-ABC-456) has lost 1 record: the link retries ran out",
    );
  });

  it.each(ALERT_RULES)("leave no hole for %s, whatever its status and group", (rule) => {
    const texts = createAlertTexts();
    const groups = [
      { instance: "123-ABC-456", objectName: "purchases", source: "" },
      { instance: "", objectName: "", source: "journal" },
      { instance: "", objectName: "", source: "" },
    ];
    for (const status of ["firing", "resolved", "recovered"] as const) {
      for (const group of groups) {
        const payload = alertPayload(sampleAlert({ rule, status, group, endsAt: AT }), LINKS, texts);
        for (const text of [payload.summary, texts.title(payload), texts.description(payload)]) {
          expect(text).not.toMatch(/[{}]|\(\)| {2}|undefined| :/);
          expect(text.length).toBeGreaterThan(10);
        }
      }
    }
  });
});

describe("an operator's own texts", () => {
  it("replace the defaults by rule, status and kind, the more exact ones first", () => {
    const texts = createAlertTexts({
      "link-retry-exhausted.resolved.title": "over",
      "link-retry-exhausted.title": "{{severity}}: {{ summary }}",
      "link-retry-exhausted": "{{count}} in {{objectName}}: {{reason}}",
    });
    const firing = alertPayload(sampleAlert(), LINKS, texts);
    expect(firing.summary).toBe("3 in purchases: 5 records were never reported, and the window is closed");
    expect(texts.title(firing)).toBe(`critical: ${firing.summary}`);
    const resolved = alertPayload(sampleAlert({ status: "resolved", endsAt: AT }), LINKS, texts);
    expect(texts.title(resolved)).toBe("over");
    expect(resolved.summary).toBe(samplePayload({ status: "resolved", endsAt: AT }).summary);
  });

  it("are not filled twice: a value that looks like a placeholder stays", () => {
    const group = { instance: "{{severity}}", objectName: "$&", source: "" };
    expect(samplePayload({ group }).summary).toContain("$& ({{severity}})");
  });

  it.each([
    ["an unknown placeholder", { "quota-low": "{{quota}} left" }],
    ["the reason in a title", { "quota-low.title": "{{reason}}" }],
    ["a placeholder of Object itself", { "quota-low": "{{constructor}}" }],
    ["an open brace", { "quota-low": "{{count left" }],
    ["an empty text", { "quota-low": " " }],
    ["an unknown rule", { "quota-high": "x" }],
    ["an unknown status", { "quota-low.over.title": "x" }],
    ["an unknown kind", { "quota-low.firing.headline": "x" }],
  ])("with %s are an error at start", (_what, overrides) => {
    expect(() => createAlertTexts(overrides)).toThrowError(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  it("have all their faults named at once", () => {
    expect(() => createAlertTexts({ a: "x", "quota-low": "{{b}} {{c}}" })).toThrowError(
      expect.objectContaining({ details: expect.objectContaining({ length: 3 }) }),
    );
  });
});
