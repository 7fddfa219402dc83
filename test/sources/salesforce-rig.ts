/** The source of bulk jobs against a simulated Data Cloud on loopback: made anew for each test of the file that imports it. */
import { afterEach, beforeEach } from "vitest";
import type { Fact, JobFact } from "../../src/core/fact.ts";
import { JOB_STATES } from "../../src/core/job.ts";
import type { JobReader, KnownJob, Source } from "../../src/core/ports.ts";
import { submissionFacts } from "../../src/core/submission.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import type { RenewingToken } from "../../src/sources/renewing-token.ts";
import { createSalesforceApi } from "../../src/sources/salesforce-api.ts";
import { createSalesforceJobs, type SalesforceJobsOptions } from "../../src/sources/salesforce-jobs.ts";
import { createSalesforceToken, type TenantToken } from "../../src/sources/salesforce-token.ts";
import { SIMULATED, type SimulatorOptions } from "../../src/simulator/options.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { MemoryStore } from "../pipeline/memory-store.ts";
import { fastClock, listLogger, type LogLine } from "../pipeline/test-clock.ts";
import { type DataCloud, type DataCloudJob, openDataCloud } from "../simulator/data-cloud.ts";

/** A minute in 60 ms. */
const SPEED = 1_000;

export let simulator: Simulator;
export let cloud: DataCloud;
export let store: MemoryStore;
export let log: LogLine[];
let pipeline: Pipeline;
let stop: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  store = new MemoryStore();
  log = [];
  pipeline = openPipeline({ store, clock: fastClock(), logger: listLogger(), limits: { maxAgeMs: 1 } });
  stop = new AbortController();
  running = [];
});

afterEach(async () => {
  await halt();
  await simulator.close();
});

/** Ends every source, as before a restart. */
export async function halt(): Promise<void> {
  stop.abort();
  await Promise.all(running);
  stop = new AbortController();
  running = [];
}

export async function openTenant(options: SimulatorOptions = {}): Promise<void> {
  simulator = await openSimulator({ speed: SPEED, observability: { metricsMs: 0, statusMs: 0 }, ...options });
  cloud = await openDataCloud(simulator);
}

export const instance = (): string => new URL(simulator.salesforceUrl).host;

function readyToken(): RenewingToken<TenantToken> {
  return createSalesforceToken({
    loginUrl: simulator.salesforceUrl,
    orgUrl: simulator.salesforceUrl,
    credentials: { kind: "token", token: SIMULATED.salesforceToken },
    clock: fastClock(),
  });
}

type Making = Partial<SalesforceJobsOptions> & {
  /** Another source than that of jobs, of the same parts. */
  readonly make?: (parts: SalesforceJobsOptions) => Source;
};

/** Waits are so short that backing off takes milliseconds. */
export function start({ make = createSalesforceJobs, ...over }: Making = {}, token = readyToken()): Source {
  const clock = fastClock();
  const source = make({
    name: "salesforce-jobs",
    api: createSalesforceApi({ token, clock }),
    instance: async (signal) => new URL((await token.get(signal)).origin).host,
    jobs,
    intake: pipeline,
    clock,
    logger: listLogger(log),
    discover: false,
    speed: SPEED,
    backoff: { baseMs: 10, capMs: 50 },
    ...over,
  });
  running.push(source.run(stop.signal));
  return source;
}

/** What the real store answers, from the facts in memory; a test of the store holds that one to it. */
const jobs: JobReader = {
  openJobs: async (of, since, limit) =>
    knownJobs(of)
      .filter(({ t0, gone, jobState }) => t0 >= since && !gone && JOB_STATES.indexOf(jobState) < 3)
      .slice(0, limit),
  endedJobs: async (of, objectNames) =>
    knownJobs(of).filter(
      ({ requestId, objectName, jobState }) =>
        ["JobComplete", "Failed"].includes(jobState) &&
        objectNames.includes(objectName) &&
        ![...store.facts.values()].some((fact) => fact.kind === "result" && fact.requestId === requestId),
    ),
};

function knownJobs(of: string): (KnownJob & { gone: boolean })[] {
  const known = new Map<string, KnownJob & { gone: boolean }>();
  for (const fact of store.facts.values()) {
    if (fact.kind !== "job" || fact.instance !== of) continue;
    const before = known.get(fact.requestId);
    const further = before === undefined || rank(fact) > JOB_STATES.indexOf(before.jobState);
    const { requestId, objectName, t0, at } = fact;
    const jobState = fact.jobState === "Gone" ? "Open" : fact.jobState;
    known.set(requestId, {
      ...(further ? { requestId, objectName, t0, jobState, at } : before),
      gone: fact.jobState === "Gone" || (before?.gone ?? false),
    });
  }
  return [...known.values()];
}

const rank = (fact: JobFact): number => (fact.jobState === "Gone" ? -1 : JOB_STATES.indexOf(fact.jobState));

/** Creates a job and tells the ledger of it, as a recorder would. */
export async function reportedJob(object: string, directive: object = {}): Promise<DataCloudJob> {
  const job = await cloud.create(object, directive);
  const now = new Date().toISOString();
  await pipeline.acceptFacts(
    submissionFacts({
      submissionId: `submission-of-${job.id}`,
      requestId: job.id,
      target: "salesforce",
      instance: instance(),
      objectType: "bulk",
      objectName: object,
      operation: "upsert",
      records: 0,
      submittedAt: now,
      respondedAt: now,
      httpStatus: 201,
      jobState: "Open",
    }),
  );
  return job;
}

export function factsOf(jobId: string): JobFact[] {
  return [...store.facts.values()]
    .filter((fact: Fact): fact is JobFact => fact.kind === "job" && fact.requestId === jobId)
    .sort((a, b) => a.at - b.at);
}

export const statesOf = (jobId: string): string[] => [
  ...new Set(factsOf(jobId).map((fact) => fact.jobState)),
];
