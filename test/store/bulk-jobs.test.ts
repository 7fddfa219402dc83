import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DECODER_VERSION,
  type JobFact,
  jobFactId,
  type ResultFact,
  resultFactId,
  T0_RANK,
} from "../../src/core/fact.ts";
import { STORE_PATHS, type StorePath } from "./store-paths.ts";
import { counts } from "../counts.ts";

const NOW = Date.now();
const MINUTE = 60_000;
const TENANT = "tenant.c360a.salesforce.com";

function seen(jobId: string, jobState: JobFact["jobState"], over: Partial<JobFact> = {}): JobFact {
  const at = over.at ?? NOW;
  return {
    kind: "job",
    requestId: jobId,
    factId: jobFactId(jobId, jobState, String(at)),
    version: DECODER_VERSION,
    at,
    t0: NOW,
    t0Rank: T0_RANK.serverTime,
    target: "salesforce",
    instance: TENANT,
    objectType: "bulk",
    objectName: "Orders",
    operation: "upsert",
    priority: "",
    clientId: "",
    correlationId: "",
    requestSource: "",
    jobState,
    retries: 0,
    ...over,
  };
}

const NOTHING = { events: [], metrics: [], statuses: [], deadLetters: [], sightings: [], linkKeys: [] };

function problemsOf(jobId: string): ResultFact {
  const eventId = `problem-records/${jobId}`;
  const { jobState: _state, retries: _retries, ...job } = seen(jobId, "JobComplete");
  return {
    ...job,
    kind: "result",
    factId: resultFactId(eventId, jobId, 0),
    eventId,
    received: 0,
    created: 0,
    updated: 0,
    failed: counts({ INVALID_DATE: 1 }),
  };
}

describe.each(STORE_PATHS)("bulk jobs in the store, $name", ({ open }) => {
  let path: StorePath;
  const put = (facts: JobFact[]): Promise<void> => path.store.append({ ...NOTHING, facts });
  beforeAll(async () => {
    path = await open();
    await put([
      seen("open", "Open", { t0: NOW - 3 * MINUTE, at: NOW - 3 * MINUTE }),
      seen("open", "Open", { t0: NOW - 3 * MINUTE, at: NOW - 2 * MINUTE }),
      seen("running", "Open", { t0: NOW - MINUTE, at: NOW - MINUTE }),
      seen("running", "InProgress", { t0: NOW - MINUTE, at: NOW - 1_000, retries: 2 }),
      seen("complete", "InProgress"),
      seen("complete", "JobComplete"),
      seen("failed", "Failed"),
      seen("gone", "Open"),
      seen("gone", "Gone"),
      seen("elsewhere", "Open", { instance: "other" }),
      seen("old", "Open", { t0: NOW - 30 * 24 * 60 * MINUTE }),
    ]);
  });
  afterAll(() => path.close());

  it("are open until they are seen to have ended, or are gone: newest first, with their furthest state", async () => {
    const jobs = await path.store.openJobs(TENANT, NOW - 24 * 60 * MINUTE, 10);
    expect(jobs).toEqual([
      {
        requestId: "running",
        objectName: "Orders",
        t0: NOW - MINUTE,
        jobState: "InProgress",
        at: NOW - 1_000,
      },
      {
        requestId: "open",
        objectName: "Orders",
        t0: NOW - 3 * MINUTE,
        jobState: "Open",
        at: NOW - 3 * MINUTE,
      },
    ]);
    expect(await path.store.openJobs(TENANT, NOW - 24 * 60 * MINUTE, 1)).toHaveLength(1);
  });

  it("that have ended wait for the count of their problem records, until it is there", async () => {
    const ids = async (): Promise<string[]> =>
      (await path.store.endedJobs(TENANT, ["Orders"], NOW - 24 * 60 * MINUTE, 10)).map(
        (job) => job.requestId,
      );
    expect(await ids()).toEqual(["complete", "failed"]);
    expect(await path.store.endedJobs(TENANT, ["Customers"], 0, 10)).toEqual([]);
    await path.store.append({ ...NOTHING, facts: [problemsOf("complete")] });
    expect(await ids()).toEqual(["failed"]);
    // failures alone are no share of anything
    expect(await path.store.failureShares(NOW - MINUTE, NOW + MINUTE)).toEqual([]);
  });

  it("that were taken up at a time are found by their object", async () => {
    const starts = (since: number) => path.store.jobStarts(["Orders"], NOW + since, NOW + since + 500);
    expect(await starts(-1_200)).toEqual([{ instance: TENANT, objectName: "Orders", at: NOW - 1_000 }]);
    expect(await starts(-3_000)).toEqual([]);
    expect(await path.store.jobStarts(["Customers"], NOW - MINUTE, NOW)).toEqual([]);
  });

  it("keep the service's retries", async () => {
    const facts = (await path.store.factsOf(["running"])).get("running") ?? [];
    expect(facts.map((fact) => (fact.kind === "job" ? fact.retries : -1)).toSorted((a, b) => a - b)).toEqual([
      0, 2,
    ]);
  });
});
