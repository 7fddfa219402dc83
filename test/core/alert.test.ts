import { describe, expect, it } from "vitest";
import { type Alert, NO_REQUESTS } from "../../src/core/alert.ts";
import { type AlertTiming, decideNotification } from "../../src/core/alert-timing.ts";
import { type Silence, silenceOf } from "../../src/core/silence.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TIMING: AlertTiming = {
  groupWaitMs: 30 * SECOND,
  groupIntervalMs: 5 * MINUTE,
  repeatIntervalMs: 240 * MINUTE,
};

function alert(changes: Partial<Alert> = {}): Alert {
  return {
    alertId: "1",
    rule: "link-retry-exhausted",
    group: { instance: "123-ABC-456", objectName: "purchases", source: "" },
    status: "firing",
    severity: "critical",
    evidence: "observed",
    reason: "7 records failed for want of a person",
    startsAt: 0,
    endsAt: null,
    changedAt: 0,
    requests: { ...NO_REQUESTS, count: 3 },
    acknowledgedAt: null,
    acknowledgedBy: "",
    notifiedAt: null,
    notifiedCount: 0,
    notifiedStatus: "",
    missingPersons: null,
    ...changes,
  };
}

const told = (at: number, changes: Partial<Alert> = {}): Alert =>
  alert({ notifiedAt: at, notifiedCount: 3, notifiedStatus: "firing", ...changes });

describe("when hooks are told", () => {
  it.each([
    ["a new alert waits for others of its kind", alert(), 29 * SECOND, "waits"],
    ["and is told after the first wait", alert(), 30 * SECOND, "first"],
    [
      "one that has grown waits for its interval",
      told(0, { requests: { ...NO_REQUESTS, count: 4 } }),
      MINUTE,
      "waits",
    ],
    ["and is told after it", told(0, { requests: { ...NO_REQUESTS, count: 4 } }), 5 * MINUTE, "grown"],
    ["one that has not changed is not told again", told(0), 239 * MINUTE, "unchanged"],
    ["until the interval of repetition", told(0), 240 * MINUTE, "repeated"],
    [
      "one that is acknowledged is not repeated",
      told(0, { acknowledgedAt: 1 }),
      999 * MINUTE,
      "acknowledged",
    ],
    [
      "but is told when it grows",
      told(0, { acknowledgedAt: 1, requests: { ...NO_REQUESTS, count: 9 } }),
      5 * MINUTE,
      "grown",
    ],
    ["an end is told at once", told(0, { status: "resolved", endsAt: 1 }), 1, "ended"],
    ["but not of what nobody was told", alert({ status: "recovered", endsAt: 1 }), 1, "never told"],
    ["and not twice", told(0, { status: "resolved", notifiedStatus: "resolved" }), 1, "told"],
  ])("%s", (_, one, now, reason) => expect(decideNotification(one, TIMING, now).reason).toBe(reason));
});

describe("silences", () => {
  const silence = (changes: Partial<Silence>): Silence => ({
    silenceId: "s",
    matchers: [{ label: "instance", match: "=", value: "123-ABC-456" }],
    startsAt: 0,
    until: MINUTE,
    createdBy: "me",
    comment: "",
    ...changes,
  });

  it("cover what all of their matchers fit, from their beginning until their end", () => {
    expect(silenceOf(alert(), [silence({})], 1)).toBeDefined();
    expect(silenceOf(alert(), [silence({})], MINUTE)).toBeUndefined();
    expect(silenceOf(alert(), [silence({ startsAt: 5 })], 1)).toBeUndefined();
    const both = [
      { label: "instance", match: "=", value: "123-ABC-456" },
      { label: "rule", match: "^=", value: "stream-" },
    ] as const;
    expect(silenceOf(alert(), [silence({ matchers: both })], 1)).toBeUndefined();
    expect(silenceOf(alert({ rule: "stream-gap" }), [silence({ matchers: both })], 1)).toBeDefined();
  });
});
