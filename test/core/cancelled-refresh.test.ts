import { expect, it } from "vitest";
import { markCancelledRefreshes } from "../../src/core/cancelled-refresh.ts";
import { foldLifecycle, type Lifecycle } from "../../src/core/lifecycle.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import type { JobStart } from "../../src/core/ports.ts";
import { submissionFacts } from "../../src/core/submission.ts";

const START = Date.parse("2026-11-22T02:00:00.000Z");
const MINUTE = 60_000;
const settings = lifecycleSettings();

function streamed(httpStatus = 202): Lifecycle {
  const facts = submissionFacts({
    submissionId: "s",
    target: "salesforce",
    instance: "t",
    objectType: "streaming",
    objectName: "Orders",
    operation: "upsert",
    records: 1,
    submittedAt: new Date(START).toISOString(),
    httpStatus,
  });
  return foldLifecycle(facts, { now: START, settingsFor: () => settings, lagMsFor: () => 0 });
}

const anomalies = async (one: Lifecycle, starts: JobStart[]) =>
  (
    await markCancelledRefreshes(
      [one],
      () => settings.streamRefreshMs,
      async () => starts,
    )
  )[0]?.anomalies;
const jobAt = (minutes: number, over: Partial<JobStart> = {}): JobStart => ({
  instance: "t",
  objectName: "Orders",
  at: START + minutes * MINUTE,
  ...over,
});

it("a streaming request is marked when a job of its object was taken up within its refresh, and only then", async () => {
  expect(await anomalies(streamed(), [jobAt(2)])).toEqual(["refresh_cancelled_by_job"]);
  expect(await anomalies(streamed(), [jobAt(4), jobAt(-1)])).toEqual([]);
  expect(
    await anomalies(streamed(), [jobAt(2, { objectName: "Customers" }), jobAt(2, { instance: "u" })]),
  ).toEqual([]);
  expect(await anomalies(streamed(400), [jobAt(2)])).toEqual([]);
});

it("the store is not asked where nothing was streamed", async () => {
  const asked = () => Promise.reject(new Error("asked"));
  expect(await markCancelledRefreshes([streamed(400)], () => 1, asked)).toHaveLength(1);
});
