/**
 * Resubmission: what was answered 429 or 5xx, or not at all, is sent again, each attempt recorded and chained to the one
 * before. Upserts and deletes may arrive twice without harm; the creation of a bulk job may not, and is not repeated blindly.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Backoff, backoffMs } from "../../core/backoff.ts";
import { parseRetryAfter } from "../../core/retry-after.ts";
import { parse, textAt } from "../answer.ts";
import { callOf, readableBody } from "../recorded-call.ts";
import type { RecordedFetch } from "../recorder.ts";
import { readBeginning } from "../response-text.ts";

export interface ResubmitOptions {
  /** Attempts altogether; default 5. */
  readonly attempts?: number;
  /** Pauses between them, unless the answer says how long; default from 1 s to 60 s, with jitter. */
  readonly backoff?: Backoff;
  /** For each attempt; the call's own signal is for all of them. Default 60,000. */
  readonly timeoutMs?: number;
}

/** The quota is gone until tomorrow: sending again only costs. */
const QUOTA_REACHED = "4290801";
const NEW_JOB = /\/api\/v1\/ingest\/jobs\/?(\?|$)/;
const ERROR_BYTES = 16_384;

/** The last attempt's answer or error is the caller's. A body that can be sent only once (a stream) is sent once. */
export function resubmitting(send: RecordedFetch, options: ResubmitOptions = {}): RecordedFetch {
  const { attempts = 5, backoff = { baseMs: 1_000, capMs: 60_000 }, timeoutMs = 60_000 } = options;

  const resubmit = async (...[input, init, context]: Parameters<RecordedFetch>): Promise<Response> => {
    const call = callOf(input, init);
    const own = init?.signal ?? undefined;
    const isNewJob = call.method?.toUpperCase() === "POST" && NEW_JOB.test(String(call.url));
    const canRepeat = typeof input === "string" || input instanceof URL;
    const most = canRepeat && (call.body == null || readableBody(call.body) !== undefined) ? attempts : 1;
    let previousSubmissionId = context?.previousSubmissionId;
    for (let attempt = 1; ; attempt++) {
      const submissionId = randomUUID();
      const number = (context?.attempt ?? 1) + attempt - 1;
      const limit = AbortSignal.timeout(timeoutMs);
      const signal = own === undefined ? limit : AbortSignal.any([own, limit]);
      const names = { ...context, attempt: number, submissionId, previousSubmissionId };
      let waitMs: number;
      try {
        const response = await send(input, { ...init, signal }, names);
        if (attempt >= most || !(await isWorthAnother(response, isNewJob))) return response;
        const asked = parseRetryAfter(response.headers.get("retry-after") ?? undefined, Date.now());
        waitMs = asked ?? backoffMs(backoff, attempt, Math.random());
        await response.body?.cancel();
      } catch (error) {
        if (attempt >= most || isNewJob || own?.aborted === true) throw error;
        waitMs = backoffMs(backoff, attempt, Math.random());
      }
      await sleep(waitMs, undefined, own === undefined ? {} : { signal: own }).catch(() => undefined);
      own?.throwIfAborted();
      previousSubmissionId = submissionId;
    }
  };
  return Object.assign(resubmit, { recorder: send.recorder });
}

async function isWorthAnother(response: Response, isNewJob: boolean): Promise<boolean> {
  const { status } = response;
  if (status !== 429) return status >= 500 && !isNewJob;
  const body = await readBeginning(response.clone(), ERROR_BYTES).catch(() => "");
  return textAt(parse(body), "error_code") !== QUOTA_REACHED;
}
