import { describe, expect, it } from "vitest";
import { type Backfill, foldBackfill } from "../../src/core/backfill.ts";
import { rollUp } from "../../src/core/correlation.ts";
import type { Fact, JobFact } from "../../src/core/fact.ts";
import { foldLifecycle, type Lifecycle } from "../../src/core/lifecycle.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { submissionFacts } from "../../src/core/submission.ts";

const START = Date.parse("2026-11-22T02:00:00.000Z");
const MINUTE = 60_000;
const settings = lifecycleSettings();
const time = (minutes: number): string => new Date(START + minutes * MINUTE).toISOString();

/** A job of so many files of 100 rows and 1,000 bytes, in its present state. */
function job(
  id: string,
  began: number,
  files: number,
  end?: [number, JobFact["jobState"]],
  chunks = "",
): Lifecycle {
  const call = (n: number, operation: string, records: number, jobState?: "Open") =>
    submissionFacts({
      submissionId: `${id}-${n}`,
      requestId: id,
      target: "salesforce",
      instance: "t",
      objectType: "bulk",
      operation,
      records,
      bytes: records * 10,
      submittedAt: time(began),
      jobCreatedAt: time(began),
      httpStatus: 202,
      ...(jobState === undefined ? {} : { jobState }),
      ...(chunks === "" ? {} : { labels: { chunks } }),
    });
  const facts: Fact[] = [
    ...call(0, "upsert", 0, "Open"),
    ...Array.from({ length: files }, (_, n) => call(n + 1, "upload", 100)).flat(),
  ];
  if (end !== undefined) {
    const [opened] = facts.filter((fact) => fact.kind === "job");
    facts.push({ ...(opened as JobFact), factId: `${id}9`, at: START + end[0] * MINUTE, jobState: end[1] });
  }
  return fold(facts);
}

function fold(facts: readonly Fact[]): Lifecycle {
  return foldLifecycle(facts, { now: START + 60 * MINUTE, settingsFor: () => settings, lagMsFor: () => 0 });
}

const at = (jobs: readonly Lifecycle[], minutes: number): Backfill | null =>
  foldBackfill(jobs, START + minutes * MINUTE);

describe("a backfill", () => {
  it("is none without a bulk job", () => {
    expect(at([], 0)).toBeNull();
  });

  it("counts files, rows and bytes, done where the job is complete, and jobs that were lost", () => {
    const jobs = [
      job("a", 0, 3, [10, "JobComplete"]),
      job("b", 10, 3, [20, "Failed"]),
      job("c", 20, 2, [30, "Gone"]),
      job("d", 30, 1),
    ];
    expect(at(jobs, 31)).toMatchObject({
      jobs: { known: 4, complete: 1, lost: 2, underWay: 1 },
      files: { uploaded: 9, done: 3, planned: null },
      rows: { uploaded: 900, done: 300, failed: 0 },
      bytes: { uploaded: 9_000, done: 3_000 },
      rate: { rowsPerSecond: 0.5, bytesPerSecond: 5 },
    });
  });

  it("estimates its end from what is done and what is planned, and says nothing without either", () => {
    const done = job("a", 0, 3, [10, "JobComplete"], "9");
    expect(at([done, job("b", 10, 1, undefined, "9")], 12)?.estimatedEndAt).toBe(START + 30 * MINUTE);
    expect(at([job("b", 10, 1, undefined, "9")], 12)).toMatchObject({ rate: null, estimatedEndAt: null });
    // without a plan the end is that of what is uploaded
    expect(at([job("a", 0, 3, [10, "JobComplete"]), job("b", 10, 3)], 12)?.estimatedEndAt).toBe(
      START + 20 * MINUTE,
    );
    expect(at([job("a", 0, 9, [10, "JobComplete"], "9")], 12)?.estimatedEndAt).toBeNull();
  });

  it("does not stand by an estimate that has passed", () => {
    expect(at([job("a", 0, 3, [10, "JobComplete"], "9")], 40)?.estimatedEndAt).toBeNull();
  });

  it("does not count the files of a failed job as done: they must be sent again", () => {
    const jobs = [job("a", 0, 3, [10, "Failed"], "3"), job("b", 10, 3, [20, "JobComplete"], "3")];
    expect(at(jobs, 21)?.files).toEqual({ uploaded: 6, done: 3, planned: 3 });
  });
});

describe("a correlation with streaming requests", () => {
  it("is settled though nothing will tell of them, and says how many they are", () => {
    const streamed = fold(
      submissionFacts({
        submissionId: "s",
        target: "salesforce",
        instance: "t",
        objectType: "streaming",
        operation: "upsert",
        records: 7,
        submittedAt: time(0),
        httpStatus: 202,
      }),
    );
    const rollup = rollUp("c", [job("a", 0, 1, [5, "JobComplete"]), streamed], START + 9 * MINUTE);
    expect(rollup).toMatchObject({ settled: true, unverifiable: { requests: 1, records: 7 } });
    expect(rollup.records.outstanding).toBe(0);
    expect(rollUp("c", [job("a", 0, 1), streamed], START).settled).toBe(false);
  });
});
