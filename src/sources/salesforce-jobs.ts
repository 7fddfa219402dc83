/**
 * Bulk jobs of Data Cloud: asked for, one by one, until each has ended.
 *
 * Which jobs there are the ledger knows (their calls were reported), and, if so configured, the tenant's own list. A young
 * job is asked for often, an old one seldom. What was seen becomes a fact, and counts as seen once that is stored. No fault
 * ends it; only the signal does.
 */
import type { Clock, Intake, JobReader, Logger, Source, SourceStatus } from "../core/ports.ts";
import type { JobState } from "../core/fact.ts";
import { isObject } from "../core/json.ts";
import { isOver } from "../core/job.ts";
import { backoffMs, DEFAULT_BACKOFF, type Backoff } from "../core/backoff.ts";
import { FaultBoard } from "./fault-board.ts";
import { insist } from "./insist.ts";
import type { SalesforceApi, TenantAnswer } from "./salesforce-api.ts";
import { goneFact, jobFact, parseJob, type SeenJob } from "./salesforce-job.ts";
import { askInterval, type Pace, paceOf } from "./salesforce-pace.ts";

export interface SalesforceJobsOptions {
  readonly name: string;
  readonly api: SalesforceApi;
  /** Host of the tenant: rejects while there is no access. */
  readonly instance: (signal: AbortSignal) => Promise<string>;
  readonly jobs: JobReader;
  readonly intake: Pick<Intake, "acceptFacts" | "ready">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Also watch jobs that nobody reported. */
  readonly discover: boolean;
  /** How many times faster than real the service's clock runs; default 1. */
  readonly speed?: number;
  readonly backoff?: Backoff;
  readonly random?: () => number;
}

/** A job that is watched. */
interface Watched {
  readonly id: string;
  readonly t0: number | undefined;
  state: JobState | undefined;
  retries: number;
  /** Since when it is in its state, as far as we saw. */
  since: number;
  nextAt: number;
  misses: number;
}

const MOST_JOBS = 1_000;
const ASKED_AT_ONCE = 4;
/** An answer that there is no such job is believed when it comes so often in a row. */
const MISSES = 3;
const PAGE = 100;
const MOST_PAGES = 10;

export function createSalesforceJobs(options: SalesforceJobsOptions): Source {
  return new SalesforceJobs(options);
}

class SalesforceJobs implements Source {
  readonly name: string;
  private readonly options: SalesforceJobsOptions;
  private readonly board: FaultBoard;
  private readonly pace: Pace;
  private watched = new Map<string, Watched>();
  private refreshAt = 0;
  private discoverAt = 0;
  private failures = 0;

  constructor(options: SalesforceJobsOptions) {
    this.options = options;
    this.name = options.name;
    this.board = new FaultBoard(options.name, "poll", options.logger);
    this.pace = paceOf(options.speed ?? 1);
  }

  status(): SourceStatus {
    return this.board.status();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) await this.round(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.board.state = "stopped";
    }
  }

  /** Asks about what is due, or waits until something is. */
  private async round(signal: AbortSignal): Promise<void> {
    const { clock, intake } = this.options;
    const instance = await this.tenant(signal);
    if (instance === undefined) return;
    await intake.ready(signal);
    if (clock.now() >= this.refreshAt) await this.refresh(instance, signal);
    if (this.options.discover && clock.now() >= this.discoverAt) {
      if (!(await this.discover(instance, signal))) return;
    }
    const now = clock.now();
    const due = [...this.watched.values()]
      .filter((one) => one.nextAt <= now)
      .sort((a, b) => a.nextAt - b.nextAt);
    const asked = due.slice(0, ASKED_AT_ONCE);
    if (asked.length === 0) {
      this.board.state = "idle";
      const next = Math.min(this.refreshAt, ...[...this.watched.values()].map((one) => one.nextAt));
      await clock.sleep(Math.max(1, next - now), signal);
      return;
    }
    this.board.state = "reading";
    const answers = await Promise.all(
      asked.map(async (one) => ({ one, answer: await this.ask(one.id, signal) })),
    );
    for (const { one, answer } of answers) await this.take(one, answer, instance, signal);
    const trouble = answers.map(({ answer }) => answer).find(isTrouble);
    if (trouble !== undefined) return this.backOff(trouble, signal);
    this.noteAnswer();
    await clock.sleep(this.pace.pauseMs * asked.length, signal);
  }

  private async tenant(signal: AbortSignal): Promise<string | undefined> {
    try {
      const instance = await this.options.instance(signal);
      this.board.clear("token");
      return instance;
    } catch (error) {
      signal.throwIfAborted();
      await this.backOff({ kind: "locked-out", reason: textOf(error) }, signal);
      return undefined;
    }
  }

  /** What the ledger knows to be open; what it no longer does is watched no longer. */
  private async refresh(instance: string, signal: AbortSignal): Promise<void> {
    const { clock, jobs } = this.options;
    const now = clock.now();
    const known = await this.insist(signal, () =>
      jobs.openJobs(instance, now - this.pace.oldestMs, MOST_JOBS),
    );
    const watched = new Map<string, Watched>();
    for (const { requestId, t0, jobState, at } of known) {
      const one = this.watched.get(requestId);
      watched.set(requestId, one ?? this.watch(requestId, t0, jobState, Math.min(at, now)));
    }
    this.watched = watched;
    this.refreshAt = now + this.pace.refreshMs;
  }

  private watch(id: string, t0: number | undefined, state: JobState | undefined, since: number): Watched {
    return { id, t0, state, retries: 0, since, nextAt: this.options.clock.now(), misses: 0 };
  }

  /** The tenant's own list of what is open. @returns whether it could be read */
  private async discover(instance: string, signal: AbortSignal): Promise<boolean> {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({
        limit: String(PAGE),
        offset: String(page * PAGE),
        states: "Open,UploadComplete,InProgress",
      });
      const answer = await this.options.api({ path: `/api/v1/ingest/jobs?${query}` }, signal);
      if (answer.kind !== "ok") {
        await this.backOff(isTrouble(answer) ? answer : MISSING_LIST, signal);
        return false;
      }
      const listed: unknown = isObject(answer.json) ? answer.json["data"] : undefined;
      const items: readonly unknown[] = Array.isArray(listed) ? listed : [];
      for (const job of items.map(parseJob)) {
        if (job !== undefined && !this.watched.has(job.id)) await this.meet(job, instance, signal);
      }
      if (items.length < PAGE) break;
    }
    this.noteAnswer();
    this.discoverAt = this.options.clock.now() + this.pace.discoverMs;
    return true;
  }

  private async meet(job: SeenJob, instance: string, signal: AbortSignal): Promise<void> {
    const one = this.watch(job.id, job.createdAt, undefined, this.options.clock.now());
    await this.note(one, job, instance, signal);
    if (!isOver(job.state)) this.watched.set(job.id, one);
  }

  private ask(id: string, signal: AbortSignal): Promise<TenantAnswer> {
    return this.options.api({ path: `/api/v1/ingest/jobs/${encodeURIComponent(id)}` }, signal);
  }

  private async take(
    one: Watched,
    answer: TenantAnswer,
    instance: string,
    signal: AbortSignal,
  ): Promise<void> {
    if (isTrouble(answer)) return;
    const now = this.options.clock.now();
    if (answer.kind === "missing") {
      one.misses += 1;
      one.nextAt = now + this.pace.shortestMs;
      if (one.misses < MISSES) return;
      const gone = goneFact(one.id, { instance, t0: one.t0, now });
      await this.insist(signal, () => this.options.intake.acceptFacts([gone]));
      this.watched.delete(one.id);
      return;
    }
    const job = parseJob(answer.json);
    if (job === undefined || job.id !== one.id) {
      this.board.raise("answer", `the answer about job ${one.id} cannot be read`);
      one.nextAt = now + this.pace.longestMs;
      return;
    }
    this.board.clear("answer");
    one.misses = 0;
    await this.note(one, job, instance, signal);
    if (isOver(job.state)) this.watched.delete(one.id);
  }

  /** Stores what is new about a job, and says when to ask again. */
  private async note(one: Watched, job: SeenJob, instance: string, signal: AbortSignal): Promise<void> {
    const now = this.options.clock.now();
    if (job.state !== one.state || job.retries > one.retries) {
      const fact = jobFact(job, { instance, t0: one.t0, now });
      await this.insist(signal, () => this.options.intake.acceptFacts([fact]));
      this.board.noteEvents(Math.min(fact.at, now));
      if (job.state !== one.state) one.since = Math.min(fact.at, now);
      one.state = job.state;
      one.retries = job.retries;
    }
    one.nextAt = now + askInterval(this.pace, now - one.since);
  }

  private noteAnswer(): void {
    this.failures = 0;
    this.board.lastReadAt = this.options.clock.now();
    this.board.clear("jobs");
  }

  private async backOff(trouble: Trouble, signal: AbortSignal): Promise<void> {
    const { clock, backoff = DEFAULT_BACKOFF, random = Math.random } = this.options;
    this.failures += 1;
    this.board.raise(trouble.kind === "locked-out" ? "token" : "jobs", trouble.reason);
    const retryAfterMs = trouble.kind === "failed" ? (trouble.retryAfterMs ?? 0) : 0;
    await clock.sleep(Math.max(backoffMs(backoff, this.failures, random()), retryAfterMs), signal);
  }

  private insist<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock, intake, backoff, random } = this.options;
    return insist({ clock, intake, board: this.board, backoff, random }, signal, work);
  }
}

type Trouble = Exclude<TenantAnswer, { kind: "ok" | "missing" }>;

const MISSING_LIST: Trouble = {
  kind: "failed",
  reason: "Data Cloud answered 404 to the list of jobs",
  retryAfterMs: undefined,
};

function isTrouble(answer: TenantAnswer): answer is Trouble {
  return answer.kind === "failed" || answer.kind === "locked-out";
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
