/**
 * The submitting side: a program that plays scenarios against a Marketo API, and whose attempts may be recorded.
 *
 * First every scenario once, so that each state is soon to be seen; then a seeded mix, at a steady rate.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import { SIMULATED } from "./options.ts";
import { createRandom } from "./random.ts";
import { createScheduler } from "./scheduler.ts";
import { createAttempts } from "./submitter/attempt.ts";
import { createScenarioContext, type PlannedRequest } from "./submitter/planned-request.ts";
import type { Recording } from "./submitter/recording.ts";
import { drawScenario, SCENARIO_NAMES, SCENARIOS, type ScenarioName } from "./submitter/scenarios.ts";

export interface SubmitterOptions {
  readonly marketoUrl: string;
  /** Who tells of the attempts; without it nobody does. */
  readonly recording?: Recording;
  /** Default: the simulator's. */
  readonly userToken?: string;
  readonly instance?: string;
  /** Requests a second, by the wall clock. */
  readonly rate: number;
  readonly seed: number;
  readonly speed: number;
  /** Only these, in this order and again and again. Default: all once, then the mix. */
  readonly scenarios?: readonly ScenarioName[];
  /** Scenarios to begin before stopping by itself; default: no end. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

interface SubmitterCounters {
  scenarios: number;
  submitted: number;
  accepted: number;
  rejected: number;
  unanswered: number;
}

export interface Submitter {
  readonly counters: Readonly<SubmitterCounters>;
  /** Submissions that after202 has not accepted yet. */
  unreported(): number;
  /** Submissions that after202 called wrong; 0 if all is well. */
  refused(): number;
  /** Resolves when the limit is reached, every follow-up is submitted and every attempt reported. */
  finished: Promise<void>;
  /**
   * Stops submitting, waits for answers and reports what is left.
   *
   * @param timeoutMs how long to try; default 5,000
   * @returns submissions that could not be reported
   */
  close(timeoutMs?: number): Promise<number>;
}

const TICK_MS = 20;
const MAX_UNDER_WAY = 128;
const FLUSH_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
/** Simulated pause before a refused request is submitted again. */
const RESUBMIT_MS = 60_000;

export function openSubmitter(options: SubmitterOptions): Submitter {
  const { recording, rate, limit = Infinity } = options;
  const dispatcher = new Agent({ connections: 32 });
  const random = createRandom(`submitter/${options.seed}`);
  const context = createScenarioContext(random.fork("scenarios"), new Date().toISOString().slice(0, 10));
  const ids = random.fork("submission-ids");
  const scheduler = createScheduler(options.speed);
  const attempt = createAttempts({
    marketoUrl: options.marketoUrl,
    userToken: options.userToken ?? SIMULATED.userToken,
    instance: options.instance ?? SIMULATED.instance,
    dispatcher,
    timeoutMs: ANSWER_TIMEOUT_MS,
    recording,
  });
  const counters = { scenarios: 0, submitted: 0, accepted: 0, rejected: 0, unanswered: 0 };
  const queue: PlannedRequest[] = [];
  let underWay = 0;
  let credit = 1;
  let lastTickMs = Date.now();
  let stopped = false;

  function nextScenario(): ScenarioName {
    const list = options.scenarios ?? SCENARIO_NAMES;
    const index = counters.scenarios++;
    const listed = list[options.scenarios === undefined ? index : index % list.length];
    return listed ?? drawScenario(context);
  }

  function begin(name: ScenarioName): void {
    for (const planned of SCENARIOS[name](context)) {
      if (planned.afterMs === 0) queue.push(planned);
      else scheduler.after(planned.afterMs, () => void submit(planned));
    }
  }

  async function submit(planned: PlannedRequest, previousSubmissionId?: string): Promise<void> {
    if (stopped) return;
    underWay += 1;
    counters.submitted += 1;
    const submissionId = ids.uuid();
    const number = previousSubmissionId === undefined ? 1 : 2;
    const status = await attempt(planned, { submissionId, previousSubmissionId, attempt: number });
    underWay -= 1;
    if (status === undefined) counters.unanswered += 1;
    else if (status === 202) counters.accepted += 1;
    else counters.rejected += 1;
    const { afterRefusal } = planned;
    if (afterRefusal !== undefined && status !== 202) {
      scheduler.after(RESUBMIT_MS, () => void submit(afterRefusal, submissionId));
    }
  }

  const ticking = setInterval(() => {
    const now = Date.now();
    credit = Math.min(credit + (rate * (now - lastTickMs)) / 1_000, Math.max(1, rate));
    lastTickMs = now;
    while (credit >= 1 && underWay < MAX_UNDER_WAY) {
      if (queue.length === 0 && counters.scenarios >= limit) return;
      if (queue.length === 0) begin(nextScenario());
      const planned = queue.shift();
      if (planned === undefined) return;
      credit -= 1;
      void submit(planned);
    }
  }, TICK_MS);

  async function finish(): Promise<void> {
    const isDone = (): boolean =>
      stopped ||
      (counters.scenarios >= limit && queue.length === 0 && underWay === 0 && scheduler.pending() === 0);
    while (!isDone()) await sleep(TICK_MS);
    clearInterval(ticking);
    while (!stopped && (recording?.pending() ?? 0) > 0) await recording?.flush(FLUSH_MS);
  }

  async function close(timeoutMs = 5_000): Promise<number> {
    stopped = true;
    clearInterval(ticking);
    scheduler.close();
    const deadlineMs = Date.now() + timeoutMs;
    while (Date.now() < deadlineMs && underWay > 0) await sleep(TICK_MS);
    const left = await recording?.close(Math.max(0, deadlineMs - Date.now()));
    await dispatcher.destroy();
    return left ?? 0;
  }

  options.signal?.addEventListener("abort", () => void close(), { once: true });
  return {
    counters,
    unreported: () => recording?.pending() ?? 0,
    refused: () => recording?.refused() ?? 0,
    finished: finish(),
    close,
  };
}
