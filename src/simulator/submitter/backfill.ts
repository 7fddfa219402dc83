/**
 * A nightly Salesforce backfill: 90 days of history in files, then the day's changes by streaming; one correlation id.
 *
 * The service takes one job of an object at a time, so jobs follow one another; each carries some of the files. A job that
 * fails is made again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JobDirective } from "../salesforce/directives.ts";
import type { Random } from "../random.ts";
import type { DataCloud, Load } from "./data-cloud.ts";

export interface BackfillPlan {
  readonly correlationId: string;
  readonly object: string;
  /** Files in all, in each job, and rows and bytes of each. */
  readonly chunks: number;
  readonly chunksPerJob: number;
  readonly rows: number;
  readonly bytes: number;
  /** Micro-batches that follow. */
  readonly streamed: number;
  /** What shall become of the jobs, in their order. */
  readonly directives?: readonly JobDirective[];
}

export interface BackfillParts {
  readonly cloud: DataCloud;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Simulated to wall-clock milliseconds. */
  scale(simulatedMs: number): number;
}

const MINUTE_MS = 60_000;
const POLL_MS = 20_000;
const SHORTEST_POLL_MS = 50;
const OVER = ["JobComplete", "Failed", "Aborted"];
const MOST_TRIES = 3;

/** Resolves when all is submitted and every job is over, or when the signal aborts. */
export async function playBackfill(plan: BackfillPlan, parts: BackfillParts): Promise<void> {
  const { cloud, signal } = parts;
  const base = { correlationId: plan.correlationId, requestSource: "nightly-load", object: plan.object };
  const load = (chunk: number): Load => ({
    ...base,
    connector: "nightly_load",
    labels: { job: "backfill-90d", chunk: String(chunk), chunks: String(plan.chunks) },
  });
  const directives = [...(plan.directives ?? [])];
  try {
    for (let from = 1; from <= plan.chunks; from += plan.chunksPerJob) {
      const last = Math.min(plan.chunks, from + plan.chunksPerJob - 1);
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        if ((await playJob(plan, load, from, last, directives.shift(), parts)) === "JobComplete") break;
      }
    }
    const records = [{ id: "changed", amount: parts.random.integer(500) }];
    for (let n = 0; n < plan.streamed; n += 1) {
      await cloud.stream({ ...load(0), labels: { job: "changes" } }, records);
      await sleep(parts.scale(MINUTE_MS / 2), undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** @returns the state in which the job ended; empty when there was none */
async function playJob(
  plan: BackfillPlan,
  load: (chunk: number) => Load,
  from: number,
  last: number,
  directive: JobDirective | undefined,
  { cloud, scale, signal }: BackfillParts,
): Promise<string> {
  const job = await cloud.create(load(from), directive);
  if (job === undefined) {
    await sleep(scale(MINUTE_MS), undefined, { signal });
    return "";
  }
  for (let chunk = from; chunk <= last; chunk += 1) {
    await cloud.upload(load(chunk), job, csvOf(plan, chunk));
    await sleep(scale(MINUTE_MS / 4), undefined, { signal });
  }
  await cloud.close(load(last), job);
  return untilOver(job, cloud, Math.max(SHORTEST_POLL_MS, scale(POLL_MS)), signal);
}

async function untilOver(
  jobId: string,
  cloud: DataCloud,
  everyMs: number,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const state = await cloud.stateOf(jobId);
    if (OVER.includes(state)) return state;
    await sleep(everyMs, undefined, { signal });
  }
}

/** Rows below a header, of about the planned size. */
function csvOf({ rows, bytes }: BackfillPlan, chunk: number): string {
  const note = "x".repeat(Math.max(1, Math.floor(bytes / rows) - 16));
  const lines = Array.from(
    { length: rows },
    (_, row) => `${String(chunk * rows + row).padStart(10, "0")},${note}`,
  );
  return ["id,note", ...lines].join("\n");
}
