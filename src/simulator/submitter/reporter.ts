/**
 * Hands submissions to after202 in batches, in order, and keeps them until they are accepted.
 *
 * An after202 that is away, busy or restarting costs memory here, never a record. Only a submission that it calls
 * wrong by itself is given up, and counted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { request, type Dispatcher } from "undici";
import type { Submission } from "./submission.ts";

export interface ReporterParts {
  readonly after202Url: string;
  readonly apiKey: string | undefined;
  readonly dispatcher: Dispatcher;
}

export interface Reporter {
  add(submission: Submission): void;
  /** Not yet accepted. */
  pending(): number;
  /** Called wrong by after202. */
  refused(): number;
  /** Resolves once everything added so far is accepted, or refused. */
  flushed(): Promise<void>;
  close(): void;
}

const MAX_BATCH = 500;
const TIMEOUT_MS = 30_000;
/** What says that a batch holds something wrong, rather than that this is a bad moment. */
const WRONG = new Set([400, 413, 422]);

export function createReporter({ after202Url, apiKey, dispatcher }: ReporterParts): Reporter {
  const queue: Submission[] = [];
  const ending = new AbortController();
  let batchSize = MAX_BATCH;
  let refused = 0;
  let failures = 0;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (queue.length > 0 && !ending.signal.aborted) {
      const batch = queue.slice(0, batchSize);
      const status = await post(batch);
      if (status >= 200 && status < 300) {
        queue.splice(0, batch.length);
        batchSize = Math.min(MAX_BATCH, batchSize * 2);
        failures = 0;
      } else if (WRONG.has(status) && batch.length > 1) {
        batchSize = Math.ceil(batch.length / 2);
      } else if (WRONG.has(status)) {
        queue.shift();
        refused += 1;
      } else {
        failures += 1;
        await sleep(Math.min(2_000, 50 * 2 ** Math.min(failures, 10)), undefined, {
          signal: ending.signal,
        }).catch(() => undefined);
      }
    }
  }

  /** @returns 0 if there was no answer */
  async function post(batch: readonly Submission[]): Promise<number> {
    try {
      const response = await request(`${after202Url}/v1/submissions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify(batch),
        dispatcher,
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ending.signal]),
      });
      await response.body.dump();
      return response.statusCode;
    } catch {
      return 0;
    }
  }

  function start(): void {
    running ??= run().finally(() => {
      running = null;
    });
  }

  return {
    add(submission) {
      queue.push(submission);
      start();
    },
    pending: () => queue.length,
    refused: () => refused,
    async flushed() {
      while (queue.length > 0 && !ending.signal.aborted) {
        start();
        await running;
      }
    },
    close: () => ending.abort(),
  };
}
