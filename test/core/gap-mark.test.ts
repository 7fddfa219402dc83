import { expect, it } from "vitest";
import { rollUp } from "../../src/core/correlation.ts";
import { markGap } from "../../src/core/gap-mark.ts";
import { foldLifecycle, type Lifecycle } from "../../src/core/lifecycle.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import type { CoverageGap } from "../../src/core/ports.ts";
import { submissionFact } from "../../src/core/submission.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 22, 2);
const gap = (from: number, until: number): CoverageGap => ({
  source: "j",
  reason: "position_expired",
  from: START + from * MINUTE,
  until: START + until * MINUTE,
});

/** Accepted at START, and never heard of again. */
function silentAt(minutes: number): { one: Lifecycle; now: number } {
  const now = START + minutes * MINUTE;
  const fact = submissionFact({
    submissionId: "s",
    requestId: "r",
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "person",
    operation: "upsert",
    records: 10,
    submittedAt: new Date(START).toISOString(),
    httpStatus: 202,
  });
  const settings = lifecycleSettings();
  return { one: foldLifecycle([fact], { now, settingsFor: () => settings, lagMsFor: () => 0 }), now };
}

it("what is inferred over a gap says so, and the roll-up counts it", () => {
  const { one, now } = silentAt(100);
  expect([one.state, one.evidence]).toEqual(["overdue", "inferred"]);
  const marked = markGap(one, [gap(-5, 5)], now);
  expect(marked.anomalies).toEqual(["gap"]);
  expect(rollUp("c", [marked, one], now).inGap).toBe(1);
});

it("a gap before it began, or after it was settled, is none of it", () => {
  const { one, now } = silentAt(100);
  expect(markGap(one, [gap(-9, -1), gap(80, 90)], now).anomalies).toEqual([]);
});

it("what is observed is not doubted", () => {
  const { one, now } = silentAt(1);
  expect([one.state, one.evidence]).toEqual(["accepted", "observed"]);
  expect(markGap(one, [gap(-5, 5)], now).anomalies).toEqual([]);
});
