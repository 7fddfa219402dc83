import { expect, it } from "vitest";
import { exitCodeOfCorrelation, exitCodeOfRequest } from "../../src/cli/exit-code.ts";
import { bytesText } from "../../src/cli/render/bytes-text.ts";
import { renderCorrelation } from "../../src/cli/render/correlation.ts";
import { renderLifecycle } from "../../src/cli/render/lifecycle.ts";
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import { correlation, lifecycle, NOW, PLAIN } from "./lifecycles.ts";

const AT = (time: string): string => `2026-11-22T${time}.000Z`;

function job(over: Partial<LifecycleJson> = {}): LifecycleJson {
  return lifecycle({
    requestId: "job-1",
    correlationId: "backfill-90d",
    requestSource: "nightly-load",
    target: "salesforce",
    instance: "tenant.c360a.salesforce.com",
    objectType: "bulk",
    objectName: "Orders",
    priority: "",
    clientId: "",
    state: "partially_failed",
    evidence: "observed",
    terminal: true,
    linkBearing: false,
    records: {
      expected: 200,
      created: 0,
      updated: 0,
      failed: { INVALID_DATE: 3 },
      outstanding: 0,
      superseded: {},
    },
    retry: null,
    job: { state: "JobComplete", retries: 1, uploads: 2, bytes: 300_000_000 },
    settledAt: AT("02:09:00"),
    timeline: [
      {
        at: AT("02:00:00"),
        type: "submitted",
        evidence: "observed",
        submissionId: "s1",
        operation: "upsert",
      },
      { at: AT("02:00:00"), type: "accepted", evidence: "observed", httpStatus: 201 },
      { at: AT("02:00:00"), type: "job", evidence: "observed", jobState: "Open" },
      {
        at: AT("02:01:00"),
        type: "submitted",
        evidence: "observed",
        submissionId: "s2",
        operation: "upload",
        records: 100,
        bytes: 150_000_000,
        httpStatus: 202,
      },
      {
        at: AT("02:03:00"),
        type: "submitted",
        evidence: "observed",
        submissionId: "s3",
        operation: "close",
        httpStatus: 200,
      },
      { at: AT("02:05:00"), type: "job", evidence: "observed", jobState: "InProgress", retries: 1 },
      { at: AT("02:09:00"), type: "job", evidence: "observed", jobState: "JobComplete", retries: 1 },
      { at: AT("02:09:00"), type: "settled", evidence: "observed", state: "partially_failed" },
      {
        at: AT("02:11:00"),
        type: "result",
        evidence: "observed",
        eventId: "problem-records/job-1",
        failed: { INVALID_DATE: 3 },
      },
    ],
    labels: {},
    ...over,
  });
}

it("tells a bulk job in its own words: its files, what was done to it, its problem records", () => {
  expect(renderLifecycle(job(), NOW, PLAIN)).toMatchInlineSnapshot(`
    "partially failed: the job is complete, 200 rows in 2 files (300 MB); 3 rows failed (INVALID_DATE
    ×3); the service tried it again once; since 02:09:00 UTC

    request      job-1
    correlation  backfill-90d
    what         upsert bulk Orders
    where        salesforce tenant.c360a.salesforce.com
    from         nightly-load

    █████████████████████████████████████████████████▒
    █ 197 loaded  ▒ 3 failed

    timeline  2026-11-22 UTC   ● observed  ○ inferred  · to come
      02:00:00  start  ● submitted
      02:00:00  start  ● accepted          201
      02:00:00  start  ● job               Open
      02:01:00    +1m  ● upload            100 rows, 150 MB  202
      02:03:00    +3m  ● close             200
      02:05:00    +5m  ● job               InProgress, tried again ×1
      02:09:00    +9m  ● job               JobComplete, tried again ×1
      02:09:00    +9m  ● partially failed
      02:11:00   +11m  ● problems          rows failed: INVALID_DATE ×3"
  `);
});

it("tells a job under way, and one that is gone", () => {
  const open = { ...job().records, failed: {}, outstanding: 200 };
  const running = job({
    state: "processing",
    terminal: false,
    settledAt: null,
    records: open,
    job: { state: "InProgress", retries: 0, uploads: 2, bytes: 300_000_000 },
  });
  const [headline = ""] = renderLifecycle(running, NOW, PLAIN).split("\n\n");
  expect(headline.replaceAll("\n", " ")).toMatchInlineSnapshot(
    `"processing: the job is being processed, 200 rows in 2 files (300 MB); created 12m ago"`,
  );
  const gone = job({
    state: "overdue",
    evidence: "inferred",
    records: open,
    anomalies: ["job_gone"],
    job: { state: "Gone", retries: 0, uploads: 0, bytes: 0 },
  });
  const [said = ""] = renderLifecycle(gone, NOW, PLAIN).split("\n\n");
  expect(said.replaceAll("\n", " ")).toMatchInlineSnapshot(
    `"overdue: Data Cloud knows the job no longer, and it was never seen to end, no file so far; since 02:09:00 UTC (inferred)"`,
  );
});

it("says of a streaming request that nothing will tell what became of it", () => {
  const one = job({
    state: "accepted",
    terminal: false,
    verifiable: false,
    job: null,
    settledAt: null,
    timeline: [],
  });
  expect(renderLifecycle(one, NOW, PLAIN)).toContain("what became of them cannot be told");
  expect(exitCodeOfRequest(one)).toBe(3);
});

it("tells a backfill: files, jobs, rate, and when it may end", () => {
  const rollup = correlation({
    correlationId: "backfill-90d",
    requests: { total: 6, byState: { succeeded: 2, failed: 1, processing: 1, accepted: 2 } },
    records: { expected: 400, created: 0, updated: 0, failed: {}, outstanding: 100 },
    unverifiable: { requests: 2, records: 80 },
    backfill: {
      jobs: { known: 4, complete: 2, lost: 1, underWay: 1 },
      files: { uploaded: 8, done: 4, planned: 9 },
      rows: { uploaded: 800_000, done: 400_000, failed: 12 },
      bytes: { uploaded: 1_200_000_000, done: 600_000_000 },
      retries: 2,
      rate: { rowsPerSecond: 555.6, bytesPerSecond: 833_333 },
      estimatedEndAt: AT("02:27:00"),
    },
    lastResultAt: null,
    earliestDeadlineAt: null,
  });
  expect(renderCorrelation(rollup, [job()], NOW, PLAIN)).toMatchInlineSnapshot(`
    "backfill-90d: 6 requests, 2 succeeded, 2 accepted, 1 processing, 1 failed; 4 of 9 files loaded
    (399,988 rows, 600 MB), 12 rows failed, 1 of 4 jobs lost

    begun 02:00:00 UTC, 12m ago

      succeeded   2  ████████████████████████████████████████
      accepted    2  ████████████████████████████████████████
      processing  1  ████████████████████
      failed      1  ████████████████████

    ██████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░
    █ 4 files loaded  ░ 5 files outstanding
    jobs      2 complete, 1 under way, 1 lost; tried again by the service: 2
    rate      556 rows/s, 833 kB/s, since the first job began
    estimate  done in 15m, if it goes on like this (inferred)

    80 records in 2 streaming requests taken by Data Cloud, which tells nothing more of such requests

    requests to look at
      partially failed  job-1  200 rows in 2 files (300 MB), 3 failed (INVALID_DATE ×3)"
  `);
  expect(exitCodeOfCorrelation(rollup)).toBe(1);
});

it("is settled well when all jobs succeeded, though of streaming nothing is known", () => {
  expect(
    exitCodeOfCorrelation({ settled: true, requests: { total: 3, byState: { succeeded: 1, accepted: 2 } } }),
  ).toBe(0);
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_500, "1.5 kB"],
  [150_000_000, "150 MB"],
  [13_500_000_000, "13.5 GB"],
])("says %i bytes as %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
