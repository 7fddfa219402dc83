/**
 * Problem records: once for each job that has ended, how many of its rows failed inside, by error code.
 *
 * The answer becomes a result of the job, also when it is none: so it is known that the job was asked for. Asked a while
 * after the job's end, since nothing says when its problem records are complete.
 */
import { DECODER_VERSION, type ResultFact, resultFactId, T0_RANK } from "../core/fact.ts";
import type { RecordCounts } from "../core/record-counts.ts";
import type { Clock, Intake, JobReader, KnownJob, Logger, Source, SourceStatus } from "../core/ports.ts";
import { backoffMs, DEFAULT_BACKOFF, type Backoff } from "../core/backoff.ts";
import { FaultBoard } from "./fault-board.ts";
import { insist } from "./insist.ts";
import type { SalesforceApi } from "./salesforce-api.ts";
import { parseProblemCounts, problemStatement, type ProblemTable } from "./salesforce-problem-query.ts";

export interface SalesforceProblemsOptions {
  readonly name: string;
  readonly tables: readonly ProblemTable[];
  readonly api: SalesforceApi;
  /** Host of the tenant: rejects while there is no access. */
  readonly instance: (signal: AbortSignal) => Promise<string>;
  readonly jobs: JobReader;
  readonly intake: Pick<Intake, "acceptFacts" | "ready">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many times faster than real the service's clock runs; default 1. */
  readonly speed?: number;
  readonly backoff?: Backoff;
  readonly random?: () => number;
}

const MINUTE_MS = 60_000;
/** After a job's end, before its problem records are counted. */
const DELAY_MS = 5 * MINUTE_MS;
const LOOK_EVERY_MS = MINUTE_MS;
const SHORTEST_LOOK_MS = 250;
/** Jobs that began earlier are left alone: problem records are kept for 30 days, and a job ends within days. */
const OLDEST_MS = 8 * 24 * 60 * MINUTE_MS;
const MOST_JOBS = 100;

export function createSalesforceProblems(options: SalesforceProblemsOptions): Source {
  const { clock, intake, jobs, api, backoff = DEFAULT_BACKOFF, random = Math.random } = options;
  const speed = options.speed ?? 1;
  const tables = new Map(options.tables.map((table) => [table.object, table]));
  const board = new FaultBoard(options.name, "poll", options.logger);
  const insistence = { clock, intake, board, backoff: options.backoff, random: options.random };
  const delayMs = DELAY_MS / speed;
  let failures = 0;

  async function look(signal: AbortSignal): Promise<void> {
    const instance = await options.instance(signal);
    board.clear("token");
    const now = clock.now();
    const ended = await insist(insistence, signal, () =>
      jobs.endedJobs(instance, [...tables.keys()], now - OLDEST_MS, MOST_JOBS),
    );
    for (const job of ended) {
      const table = tables.get(job.objectName);
      if (table === undefined || job.at + delayMs > now) continue;
      board.state = "reading";
      const counts = await ask(job, table, signal);
      await insist(insistence, signal, () =>
        intake.acceptFacts([problemFact(job, instance, counts, job.at + delayMs)]),
      );
      board.noteEvents(job.at);
    }
    board.state = "idle";
    board.lastReadAt = clock.now();
    board.clear("query");
    failures = 0;
  }

  /** @throws Error when there is no answer that can be read */
  async function ask(job: KnownJob, table: ProblemTable, signal: AbortSignal): Promise<RecordCounts> {
    const sql = problemStatement(table, job.t0, job.at + delayMs);
    const answer = await api({ method: "POST", path: "/api/v2/query", body: { sql } }, signal);
    const counts = answer.kind === "ok" ? parseProblemCounts(answer.json) : undefined;
    if (counts !== undefined) return counts;
    const reason =
      answer.kind === "ok"
        ? "cannot be read"
        : answer.kind === "missing"
          ? "is a 404"
          : `failed: ${answer.reason}`;
    throw new Error(`the answer about problem records of ${table.object} ${reason}`);
  }

  return {
    name: options.name,
    status: (): SourceStatus => board.status(),
    async run(signal) {
      try {
        for (;;) {
          try {
            await intake.ready(signal);
            await look(signal);
            await clock.sleep(Math.max(SHORTEST_LOOK_MS, LOOK_EVERY_MS / speed), signal);
          } catch (error) {
            signal.throwIfAborted();
            failures += 1;
            board.raise("query", error instanceof Error ? error.message : String(error));
            await clock.sleep(backoffMs(backoff, failures, random()), signal);
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        board.state = "stopped";
      }
    },
  };
}

/** @param at up to when was counted, epoch milliseconds */
function problemFact(job: KnownJob, instance: string, failed: RecordCounts, at: number): ResultFact {
  const eventId = `problem-records/${job.requestId}`;
  return {
    kind: "result",
    requestId: job.requestId,
    factId: resultFactId(eventId, job.requestId, 0),
    version: DECODER_VERSION,
    at: Math.round(at),
    t0: job.t0,
    t0Rank: T0_RANK.serverTime,
    target: "salesforce",
    instance,
    objectType: "bulk",
    objectName: job.objectName,
    operation: "",
    priority: "",
    clientId: "",
    correlationId: "",
    requestSource: "",
    eventId,
    received: 0,
    created: 0,
    updated: 0,
    failed,
  };
}
