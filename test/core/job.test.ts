import { describe, expect, it } from "vitest";
import { matchAdoptions } from "../../src/core/adoption.ts";
import { DECODER_VERSION, type Fact, type JobFact, resultFactId } from "../../src/core/fact.ts";
import { type FoldContext, foldLifecycle, type Lifecycle } from "../../src/core/lifecycle.ts";
import { lifecycleJson } from "../../src/core/lifecycle-json.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { type SubmissionInput, submissionFacts } from "../../src/core/submission.ts";
import { timelineOf } from "../../src/core/timeline.ts";
import { counts } from "../counts.ts";

const START = Date.parse("2026-11-22T02:00:00.000Z");
const MINUTE = 60_000;
const settings = lifecycleSettings();
const at = (minutes: number): string => new Date(START + minutes * MINUTE).toISOString();

function fold(facts: readonly Fact[], minutes = 10): Lifecycle {
  const context: FoldContext = {
    now: START + minutes * MINUTE,
    settingsFor: () => settings,
    lagMsFor: () => 0,
  };
  return foldLifecycle(facts, context);
}

let calls = 0;

function call(minutes: number, operation: string, over: Partial<SubmissionInput> = {}) {
  return submissionFacts({
    submissionId: `call-${++calls}`,
    requestId: "job-1",
    correlationId: "backfill-90d",
    target: "salesforce",
    instance: "tenant.c360a.salesforce.com",
    objectType: "bulk",
    objectName: "Orders",
    operation,
    records: 0,
    submittedAt: at(minutes),
    respondedAt: at(minutes),
    jobCreatedAt: at(0),
    httpStatus: 202,
    ...over,
  });
}

const created = () => call(0, "upsert", { jobState: "Open", httpStatus: 201 });
const uploaded = (minutes: number, records: number, over: Partial<SubmissionInput> = {}) =>
  call(minutes, "upload", { records, bytes: 1_000, ...over });
const closed = (minutes: number) => call(minutes, "close", { jobState: "UploadComplete", httpStatus: 200 });

function seen(minutes: number, jobState: JobFact["jobState"], retries = 0): JobFact {
  const [fact] = call(minutes, "upsert");
  if (fact === undefined) throw new Error("a call has a fact");
  return {
    ...(fact as unknown as JobFact),
    kind: "job",
    factId: `${minutes}${retries}`,
    at: START + minutes * MINUTE,
    jobState,
    retries,
  };
}

function problems(failed: Record<string, number>): Fact {
  const [base] = call(0, "upsert");
  if (base === undefined) throw new Error("a call has a fact");
  const eventId = "problem-records/job-1";
  return {
    ...(base as unknown as Fact & { kind: "result" }),
    kind: "result",
    factId: resultFactId(eventId, "job-1", 0),
    version: DECODER_VERSION,
    at: START + 9 * MINUTE,
    eventId,
    received: 0,
    created: 0,
    updated: 0,
    failed: counts(failed),
  };
}

describe("a bulk job told by its calls", () => {
  it("is accepted while open, processing once closed, and never overdue", () => {
    expect(fold([...created()]).state).toBe("accepted");
    expect(fold([...created(), ...uploaded(1, 10), ...closed(2)]).state).toBe("processing");
    expect(fold([...created(), ...uploaded(1, 10), ...closed(2)], 10_000)).toMatchObject({
      state: "processing",
      retry: null,
    });
  });

  it("expects the rows of the uploads that were taken, and counts them with their bytes", () => {
    const refused = uploaded(2, 50, { httpStatus: 413 });
    const unanswered = submissionFacts({
      submissionId: "lost",
      requestId: "job-1",
      target: "salesforce",
      instance: "t",
      objectType: "bulk",
      operation: "upload",
      records: 7,
      submittedAt: at(2),
      errorCode: "ECONNRESET",
    });
    const one = fold([...created(), ...uploaded(1, 100), ...uploaded(2, 20), ...refused, ...unanswered]);
    expect(one.tally.expected).toBe(120);
    expect(one.job).toEqual({ jobState: "Open", at: START, retries: 0, uploads: 2, bytes: 2_000 });
  });

  it("is named after what the job does, not after a call to it", () => {
    expect(fold([...created(), ...uploaded(1, 1), ...closed(2)]).operation).toBe("upsert");
    expect(fold([...call(0, "delete", { jobState: "Open", httpStatus: 201 }), ...closed(2)]).operation).toBe(
      "delete",
    );
  });

  it("stands where the job began, however late an upload came", () => {
    const late = uploaded(300, 5);
    expect(new Set([...created(), ...late].map((fact) => fact.t0))).toEqual(new Set([START]));
  });

  it("has no job where the service refused to make one", () => {
    const [only, ...others] = submissionFacts({
      submissionId: "refused",
      target: "salesforce",
      instance: "t",
      objectType: "bulk",
      operation: "upsert",
      records: 0,
      submittedAt: at(0),
      httpStatus: 409,
      jobState: "Open",
    });
    expect(others).toEqual([]);
    expect(fold([only as Fact])).toMatchObject({ state: "rejected", job: null });
  });
});

describe("a bulk job seen by polling", () => {
  it("takes the furthest state, whatever came last, and the most retries", () => {
    const one = fold([seen(6, "InProgress", 2), ...created(), seen(8, "JobComplete", 2), ...closed(3)]);
    expect(one).toMatchObject({ state: "succeeded", settledAt: START + 8 * MINUTE, job: { retries: 2 } });
    expect(one.tally.outstanding).toBe(0);
  });

  it("tells each state once in the timeline, as early as it was known, with the service's retries", () => {
    const one = fold([
      ...created(),
      seen(0, "Open"),
      ...closed(3),
      seen(4, "InProgress"),
      seen(6, "InProgress", 1),
    ]);
    const jobs = timelineOf(one, START + 10 * MINUTE).filter((entry) => entry.type === "job");
    expect(jobs.map(({ jobState, retries }) => [jobState, retries])).toEqual([
      ["Open", undefined],
      ["UploadComplete", undefined],
      ["InProgress", 1],
    ]);
  });

  it("is failed, or aborted, as the service says", () => {
    expect(fold([...created(), seen(5, "Failed")]).state).toBe("failed");
    expect(fold([...created(), seen(5, "Aborted")]).state).toBe("aborted");
  });

  it("is presumed lost when it is gone before its end, and says so", () => {
    const gone = fold([...created(), seen(9, "Gone")]);
    expect(gone).toMatchObject({ state: "overdue", evidence: "inferred", anomalies: ["job_gone"] });
    expect(fold([...created(), seen(9, "Gone"), seen(5, "JobComplete")]).state).toBe("succeeded");
  });

  it("is partially failed when problem records were found, and failed when all rows are among them", () => {
    const job = [...created(), ...uploaded(1, 10), seen(5, "JobComplete")];
    const some = fold([...job, problems({ BAD_DATE: 3 })]);
    expect(some).toMatchObject({ state: "partially_failed", tally: { failed: counts({ BAD_DATE: 3 }) } });
    expect(some.anomalies).toEqual([]);
    expect(fold([...job, problems({ BAD_DATE: 10 })]).state).toBe("failed");
    expect(fold([...job, problems({})]).state).toBe("succeeded");
    expect(fold([...created(), seen(5, "JobComplete"), problems({ BAD_DATE: 3 })]).state).toBe(
      "partially_failed",
    );
  });
});

describe("a streaming request to Data Cloud", () => {
  const streamed = (over: Partial<SubmissionInput> = {}) =>
    submissionFacts({
      submissionId: "streamed",
      target: "salesforce",
      instance: "tenant.c360a.salesforce.com",
      objectType: "streaming",
      objectName: "Orders",
      operation: "upsert",
      records: 50,
      submittedAt: at(0),
      httpStatus: 202,
      ...over,
    });

  it("stays accepted for ever, awaits nothing, and says why it cannot be verified", () => {
    const one = fold(streamed(), 100_000);
    expect(one).toMatchObject({ state: "accepted", verifiable: false, retry: null, job: null });
    expect(one.tally).toMatchObject({ expected: 50, outstanding: 0 });
    expect(lifecycleJson(one, START).unverifiableReason).toMatch(/no status/);
  });

  it("is rejected with the answer's reason", () => {
    const one = fold(streamed({ httpStatus: 400, errorCode: "BAD_REQUEST", errorMessage: "no such field" }));
    expect(one).toMatchObject({ state: "rejected", verifiable: true });
    expect(timelineOf(one, START).at(-1)).toMatchObject({ type: "rejected", errorCode: "BAD_REQUEST" });
  });

  it("adopts no submission, although it has results and none of its own", () => {
    const job = { ...fold([seen(5, "Failed"), problems({ BAD_DATE: 3 })]), correlationId: "nightly" };
    const waiting: Lifecycle = {
      ...job,
      requestId: "s-1",
      state: "unconfirmed",
      jobs: [],
      submissions: fold([...created()]).submissions,
    };
    expect(job.submissions).toEqual([]);
    expect(matchAdoptions([job, waiting], () => 60_000)).toEqual(new Map());
    const request: Lifecycle = { ...job, jobs: [] };
    expect(matchAdoptions([request, waiting], () => 60_000)).toEqual(new Map([["s-1", job.requestId]]));
  });
});
