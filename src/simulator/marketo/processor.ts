/**
 * The work that happens after the 202: chunk by chunk, then retry by retry, until every record has ended.
 *
 * A record that waits (for its person, or for a dependent service to recover) is tried again at the retry times of
 * the policy. A link that is still unresolved when the link window closes is given up, a transient failure after the
 * last retry. Nothing is reported about a retry as such: only counts, as on the real stream.
 */
import type { RetryPolicy } from "../../core/retry-policy.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { ResultsOutbox } from "../stream/results-outbox.ts";
import { count, evaluateOutcome, type TruthRow } from "../truth.ts";
import { attemptRecord, type AttemptResult, type AttemptTarget } from "./attempt.ts";
import type { Behaviour, Fate } from "./behaviour.ts";
import type { Database } from "./database.ts";
import type { RecordBody } from "./endpoints.ts";

export interface AcceptedRequest {
  readonly truth: TruthRow;
  readonly acceptedAtMs: number;
  readonly target: AttemptTarget;
  readonly database: Database;
  readonly behaviour: Behaviour;
  readonly records: readonly RecordBody[];
  readonly fates: readonly (Fate | undefined)[];
  readonly random: Random;
}

export interface Processor {
  process(request: AcceptedRequest): void;
  /** Requests with a record that has not ended. */
  unsettled(): number;
  /** Requests with a chunk that has not been looked at, oldest first. */
  backlog(): Iterable<AcceptedRequest>;
}

interface WaitingRecord {
  readonly record: RecordBody;
  readonly fate: Fate | undefined;
  failedAttempts: number;
  waitsFor: "person" | "recovery" | null;
  /** Codes of failed attempts that an event has reported. */
  readonly reported: string[];
}

interface Progress {
  readonly request: AcceptedRequest;
  chunksLeft: number;
  waiting: WaitingRecord[];
  retryPlanned: boolean;
}

interface Counts {
  received: number;
  created: number;
  updated: number;
  failed: Record<string, number>;
}

export interface ProcessorParts {
  readonly scheduler: Scheduler;
  readonly outbox: ResultsOutbox;
  /** Already on the simulator's clock. */
  readonly policy: RetryPolicy;
  readonly linkFailureCode: string;
}

export function createProcessor({ scheduler, outbox, policy, linkFailureCode }: ProcessorParts): Processor {
  const queued = new Set<AcceptedRequest>();
  let unsettled = 0;
  const lastRetryMs = policy.retryAfterMs.at(-1) ?? 0;
  const stepsMs = [...new Set([...policy.retryAfterMs, policy.linkWindowMs])].sort((a, b) => a - b);

  function process(request: AcceptedRequest): void {
    const { behaviour, records } = request;
    const chunks = Math.ceil(records.length / behaviour.chunkRecords);
    const progress: Progress = { request, chunksLeft: chunks, waiting: [], retryPlanned: false };
    unsettled += 1;
    queued.add(request);
    for (let chunk = 0; chunk < chunks; chunk++) {
      scheduler.after(behaviour.delayMs + chunk * behaviour.chunkIntervalMs, () =>
        processChunk(progress, chunk),
      );
    }
  }

  function processChunk(progress: Progress, chunk: number): void {
    const { request } = progress;
    const from = chunk * request.behaviour.chunkRecords;
    const records = request.records.slice(from, from + request.behaviour.chunkRecords);
    progress.chunksLeft -= 1;
    if (progress.chunksLeft === 0) queued.delete(request);
    const attempted = records.map((record, index) => ({
      record,
      fate: request.fates[from + index],
      failedAttempts: 0,
      waitsFor: null,
      reported: [],
    }));
    attempt(progress, attempted, Date.now() - request.acceptedAtMs);
  }

  function retry(progress: Progress, atMs: number): void {
    progress.retryPlanned = false;
    const waiting = progress.waiting;
    progress.waiting = [];
    if (policy.retryAfterMs.includes(atMs)) {
      attempt(progress, waiting, atMs);
      return;
    }
    // The link window closes between two retries: only links are looked at.
    progress.waiting = waiting.filter(({ waitsFor }) => waitsFor !== "person");
    attempt(
      progress,
      waiting.filter(({ waitsFor }) => waitsFor === "person"),
      atMs,
    );
  }

  /** @param atMs milliseconds since the request was accepted */
  function attempt(progress: Progress, records: readonly WaitingRecord[], atMs: number): void {
    const { request } = progress;
    const counts: Counts = { received: records.length, created: 0, updated: 0, failed: {} };
    for (const waiting of records) {
      const result = attemptRecord(
        waiting.record,
        waiting.fate,
        waiting.failedAttempts,
        request.target,
        request.database,
      );
      if (typeof result === "object" && "waitsFor" in result) {
        keepWaiting(progress, waiting, result, atMs, counts);
      } else {
        endRecord(request.truth, waiting, result, counts);
      }
    }
    report(request, counts);
    planRetry(progress);
    settle(progress);
  }

  function keepWaiting(
    progress: Progress,
    waiting: WaitingRecord,
    result: Extract<AttemptResult, { waitsFor: string }>,
    atMs: number,
    counts: Counts,
  ): void {
    const { behaviour, truth } = progress.request;
    if (result.waitsFor === "person") {
      if (atMs >= policy.linkWindowMs) {
        endUnlinked(truth, waiting, behaviour.link, counts);
        return;
      }
      if (behaviour.linkEarly && waiting.failedAttempts === 0) {
        count(counts.failed, linkFailureCode);
        waiting.reported.push(linkFailureCode);
      }
    } else {
      if (atMs >= lastRetryMs) {
        endRecord(truth, waiting, { failed: result.code }, counts);
        return;
      }
      if (result.reported) {
        count(counts.failed, result.code);
        waiting.reported.push(result.code);
      }
    }
    waiting.failedAttempts += 1;
    waiting.waitsFor = result.waitsFor;
    progress.waiting.push(waiting);
  }

  /** Nobody came: say so, or not. A failure that was reported early and never again is the last word. */
  function endUnlinked(
    truth: TruthRow,
    waiting: WaitingRecord,
    mode: Behaviour["link"],
    counts: Counts,
  ): void {
    if (mode === "reported") {
      endRecord(truth, waiting, { failed: linkFailureCode }, counts);
      return;
    }
    const last = waiting.reported.pop();
    for (const code of waiting.reported) count(truth.superseded, code);
    if (last === undefined) truth.lost += 1;
    else count(truth.failed, last);
  }

  function report(request: AcceptedRequest, counts: Counts): void {
    const { truth, behaviour } = request;
    if (counts.created + counts.updated === 0 && Object.keys(counts.failed).length === 0) return;
    const received = behaviour.received === "total" ? truth.records : counts.received;
    outbox.add({
      truth,
      requestTimeMs: request.acceptedAtMs,
      eventId: request.random.uuid(),
      records: { ...counts, received },
      drop: behaviour.drop,
      duplicate: behaviour.duplicate,
    });
  }

  function planRetry(progress: Progress): void {
    if (progress.waiting.length === 0 || progress.retryPlanned) return;
    const elapsedMs = Date.now() - progress.request.acceptedAtMs;
    const next = stepsMs.find((step) => step > elapsedMs);
    const atMs = next ?? Math.max(elapsedMs, lastRetryMs, policy.linkWindowMs);
    progress.retryPlanned = true;
    scheduler.afterReal(atMs - elapsedMs, () => retry(progress, next ?? lastRetryMs));
  }

  function settle(progress: Progress): void {
    const { truth } = progress.request;
    if (progress.chunksLeft > 0 || progress.waiting.length > 0 || truth.settledAt !== null) return;
    truth.outcome = evaluateOutcome(truth, linkFailureCode);
    truth.settledAt = new Date().toISOString();
    unsettled -= 1;
  }

  return { process, unsettled: () => unsettled, backlog: () => queued };
}

/** The record has ended: what was reported about it before is taken back. */
function endRecord(
  truth: TruthRow,
  waiting: WaitingRecord,
  result: Exclude<AttemptResult, { waitsFor: string }>,
  counts: Counts,
): void {
  for (const code of waiting.reported) count(truth.superseded, code);
  if (result === "lost") {
    truth.lost += 1;
  } else if (result === "created" || result === "updated") {
    truth[result] += 1;
    counts[result] += 1;
  } else {
    count(truth.failed, result.failed);
    count(counts.failed, result.failed);
  }
}
