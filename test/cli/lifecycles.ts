/** Answers of the API for the commands to show. */
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import type { CorrelationJson } from "../../src/cli/service-answers.ts";
import type { Look } from "../../src/cli/terminal/look.ts";
import { SAMPLE_LIFECYCLE } from "../../src/api/schemas/sample.ts";
import picocolors from "picocolors";

/** Twelve minutes after the request, which is between its first retry and its second. */
export const NOW = Date.parse("2026-11-22T02:12:00.000Z");

export function lifecycle(over: Partial<LifecycleJson> = {}): LifecycleJson {
  return { ...SAMPLE_LIFECYCLE, missingPersons: null, ...over };
}

export function succeeded(over: Partial<LifecycleJson> = {}): LifecycleJson {
  return lifecycle({
    state: "succeeded",
    evidence: "observed",
    terminal: true,
    records: { expected: 100, created: 60, updated: 40, failed: {}, outstanding: 0, superseded: {} },
    settledAt: "2026-11-22T02:01:30.000Z",
    timeline: [
      ...SAMPLE_LIFECYCLE.timeline.slice(0, 3),
      { at: "2026-11-22T02:01:30.000Z", type: "settled", evidence: "observed", state: "succeeded" },
    ],
    ...over,
  });
}

export function correlation(over: Partial<CorrelationJson> = {}): CorrelationJson {
  return {
    correlationId: "nightly-2026-11-22/17",
    settled: false,
    requests: { total: 12, byState: { retrying: 2, succeeded: 9, exhausted: 1 } },
    records: { expected: 1_200, created: 900, updated: 280, failed: { "1004": 8 }, outstanding: 12 },
    unverifiable: { requests: 0, records: 0 },
    inGap: 0,
    backfill: null,
    missingPersons: null,
    firstAt: "2026-11-22T02:00:00.000Z",
    lastResultAt: "2026-11-22T02:06:00.000Z",
    earliestDeadlineAt: "2026-11-22T03:10:00.000Z",
    ...over,
  };
}

export const PLAIN: Look = { colors: picocolors.createColors(false), width: 100 };
export const COLOURED: Look = { colors: picocolors.createColors(true), width: 100 };
