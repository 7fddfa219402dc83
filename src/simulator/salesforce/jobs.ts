/**
 * Bulk jobs: created open, filled with files, closed, queued, processed; one at a time for each object.
 *
 *   Open            → UploadComplete (closed), Aborted; removed when left for 7 days
 *   UploadComplete  → InProgress when it is taken up
 *   InProgress      → JobComplete, Failed
 *
 * What became of each is written into the simulator's books, which no fault can touch.
 */
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Truth, TruthOutcome, TruthRow } from "../truth.ts";
import type { JobDirective } from "./directives.ts";
import { DataCloudRefusal } from "./refusal.ts";
import type { SalesforceSettings } from "./settings.ts";

type State = "Open" | "UploadComplete" | "InProgress" | "JobComplete" | "Failed" | "Aborted";

export interface Job {
  readonly id: string;
  readonly object: string;
  readonly sourceName: string;
  readonly operation: "upsert" | "delete";
  readonly createdAtMs: number;
  /** Two of three answers about it have the documented shape; which, is the job's own. */
  readonly shape: number;
  state: State;
  changedAtMs: number;
  retries: number;
  files: number;
  rows: number;
  bytes: number;
  processingMs: number;
}

/** Rows that failed inside, as one entry of the problem-record object. */
export interface ProblemRecords {
  readonly object: string;
  readonly code: string;
  readonly count: number;
  readonly atMs: number;
}

export interface NewJob {
  readonly object: string;
  readonly sourceName: string;
  readonly operation: "upsert" | "delete";
  readonly instance: string;
  readonly correlationId: string;
  readonly directive: JobDirective;
}

export interface Jobs {
  /** @throws {DataCloudRefusal} 409 while another job of the object is not over */
  create(job: NewJob): Job;
  /** @throws {DataCloudRefusal} 404 when there is none (any more) */
  get(id: string): Job;
  /** Newest first. */
  list(states: readonly string[], limit: number, offset: number): Job[];
  /** @throws {DataCloudRefusal} 400, 413 */
  upload(id: string, csv: Buffer): void;
  /** @throws {DataCloudRefusal} 400 unless it is open */
  close(id: string): Job;
  abort(id: string): Job;
  remove(id: string): void;
  problems(): readonly ProblemRecords[];
  /** Jobs that are closed and not over. */
  underWay(): number;
  byState(): Readonly<Record<string, number>>;
}

export interface JobParts {
  readonly settings: SalesforceSettings;
  readonly scheduler: Scheduler;
  readonly truth: Truth;
  readonly random: Random;
}

const MEBIBYTE = 1_048_576;

export function createJobs({ settings, scheduler, truth, random }: JobParts): Jobs {
  const jobs = new Map<
    string,
    { readonly job: Job; readonly directive: JobDirective; readonly row: TruthRow }
  >();
  const found: ProblemRecords[] = [];

  function entryOf(id: string) {
    const entry = jobs.get(id);
    if (entry === undefined) throw new DataCloudRefusal(404, "NOT_FOUND", `there is no job ${id}`);
    return entry;
  }

  function openOf(id: string, doing: string) {
    const entry = entryOf(id);
    if (entry.job.state === "Open") return entry;
    throw new DataCloudRefusal(400, "BAD_REQUEST", `a job in state ${entry.job.state} cannot be ${doing}`);
  }

  function move(job: Job, state: State): void {
    job.state = state;
    job.changedAtMs = Date.now();
  }

  function settle(row: TruthRow, outcome: TruthOutcome): void {
    row.outcome = outcome;
    row.settledAt = new Date().toISOString();
  }

  function process(id: string): void {
    const entry = jobs.get(id);
    if (entry === undefined) return;
    const { job, directive } = entry;
    move(job, "InProgress");
    const { processMs = settings.processMs + (settings.processMsPerMebibyte * job.bytes) / MEBIBYTE } =
      directive;
    const retries = directive.retries ?? (random.chance(settings.retryRate) ? 1 : 0);
    for (let n = 1; n <= retries; n += 1) {
      scheduler.after((processMs * n) / (retries + 1), () => (job.retries = n));
    }
    scheduler.after(processMs, () => finish(id, processMs));
  }

  function finish(id: string, processMs: number): void {
    const entry = jobs.get(id);
    if (entry === undefined) return;
    const { job, directive, row } = entry;
    job.processingMs = Math.round(processMs);
    const fails = directive.fail ?? random.chance(settings.failureRate);
    const drawn = random.chance(settings.problemRate) ? { [random.pick(settings.problemCodes)]: 1 } : {};
    move(job, fails ? "Failed" : "JobComplete");
    if (fails) return settle(row, "failed");
    for (const [code, count] of Object.entries(directive.problems ?? drawn)) {
      const real = Math.min(count, job.rows);
      if (real === 0) continue;
      found.push({ object: job.object, code, count: real, atMs: Date.now() });
      row.failed[code] = real;
    }
    const failed = Object.values(row.failed).reduce((sum, count) => sum + count, 0);
    settle(row, failed === 0 ? "succeeded" : failed >= job.rows ? "failed" : "partially_failed");
  }

  /** Nobody closed it: it is removed, and its rows with it. */
  function expire(id: string): void {
    const entry = jobs.get(id);
    if (entry === undefined || entry.job.state !== "Open") return;
    jobs.delete(id);
    entry.row.lost = entry.job.rows;
    settle(entry.row, "overdue");
  }

  function forgetOldest(): void {
    if (jobs.size <= settings.maxJobs) return;
    for (const [id, { job }] of jobs) {
      if (!isOver(job.state)) continue;
      jobs.delete(id);
      return;
    }
  }

  return {
    create({ object, sourceName, operation, instance, correlationId, directive }) {
      for (const { job } of jobs.values()) {
        if (job.object === object && !isOver(job.state)) {
          throw new DataCloudRefusal(409, "CONFLICT", `a job for ${object} is in state ${job.state}`);
        }
      }
      const now = Date.now();
      const job: Job = {
        id: random.uuid(),
        object,
        sourceName,
        operation,
        createdAtMs: now,
        shape: random.integer(6),
        state: "Open",
        changedAtMs: now,
        retries: 0,
        files: 0,
        rows: 0,
        bytes: 0,
        processingMs: 0,
      };
      const row = truthOf(job, instance, correlationId);
      jobs.set(job.id, { job, directive, row });
      truth.add(row);
      scheduler.after(settings.keepMs, () => expire(job.id));
      forgetOldest();
      return job;
    },
    get: (id) => entryOf(id).job,
    list(states, limit, offset) {
      const all = [...jobs.values()].map(({ job }) => job).toReversed();
      const wanted = states.length === 0 ? all : all.filter(({ state }) => states.includes(state));
      return wanted.slice(offset, offset + limit);
    },
    upload(id, csv) {
      const { job, row } = openOf(id, "uploaded to");
      if (csv.length > settings.maxFileBytes) {
        throw new DataCloudRefusal(
          413,
          "REQUEST_TOO_LARGE",
          `a file has at most ${settings.maxFileBytes} bytes`,
        );
      }
      if (job.files >= settings.maxFiles) {
        throw new DataCloudRefusal(400, "BAD_REQUEST", `a job has at most ${settings.maxFiles} files`);
      }
      job.files += 1;
      job.bytes += csv.length;
      job.rows += rowsOf(csv);
      row.records = job.rows;
    },
    close(id) {
      const { job, directive } = openOf(id, "closed");
      move(job, "UploadComplete");
      const { queueMs = settings.queueMs * (0.5 + random.next()) } = directive;
      scheduler.after(queueMs, () => process(id));
      return job;
    },
    abort(id) {
      const { job, row } = openOf(id, "aborted");
      move(job, "Aborted");
      settle(row, "aborted");
      return job;
    },
    remove(id) {
      const { job } = entryOf(id);
      if (!isOver(job.state)) {
        throw new DataCloudRefusal(400, "BAD_REQUEST", `a job in state ${job.state} cannot be deleted`);
      }
      jobs.delete(id);
    },
    problems: () => found,
    underWay: () =>
      [...jobs.values()].filter(({ job }) => job.state === "UploadComplete" || job.state === "InProgress")
        .length,
    byState() {
      const counts: Record<string, number> = {};
      for (const { job } of jobs.values()) counts[job.state] = (counts[job.state] ?? 0) + 1;
      return counts;
    },
  };
}

function isOver(state: State): boolean {
  return state === "JobComplete" || state === "Failed" || state === "Aborted";
}

/** Lines with something in them, but for the header. */
function rowsOf(csv: Buffer): number {
  let lines = 0;
  let empty = true;
  for (const byte of csv) {
    if (byte === 10) {
      if (!empty) lines += 1;
      empty = true;
    } else if (byte !== 13) empty = false;
  }
  return Math.max(0, lines + (empty ? 0 : 1) - 1);
}

function truthOf(job: Job, instance: string, correlationId: string): TruthRow {
  return {
    requestId: job.id,
    correlationId,
    requestSource: "",
    instance,
    objectType: "bulk",
    objectName: job.object,
    operation: job.operation,
    priority: "",
    records: 0,
    linkBearing: false,
    httpStatus: 201,
    acceptedAt: new Date(job.createdAtMs).toISOString(),
    created: 0,
    updated: 0,
    failed: {},
    superseded: {},
    lost: 0,
    eventIds: [],
    dropped: 0,
    outcome: "pending",
    settledAt: null,
  };
}
