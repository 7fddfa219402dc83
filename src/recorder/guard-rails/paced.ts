/**
 * Pacing: no more calls a second than the upstream takes from one client; those that come too soon wait their turn.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedFetch } from "../recorder.ts";

/** What the upstreams take in a second: Marketo from one client id, Data Cloud for streaming. */
export const MARKETO_PER_SECOND = 5_000;
export const SALESFORCE_PER_SECOND = 250;

/** What may begin at once, and the share of the rate that is left for it. */
const BURST_MS = 100;
const STEADY_SHARE = 0.9;

/**
 * In any second at most `perSecond` calls begin, nine tenths of them evenly and the others at once when there was a pause.
 * Calls whose signal aborts while they wait reject with its reason.
 */
export function paced(send: RecordedFetch, { perSecond = MARKETO_PER_SECOND } = {}): RecordedFetch {
  const intervalMs = 1_000 / (perSecond * STEADY_SHARE);
  let dueAt = 0;

  const wait = async (...[input, init, context]: Parameters<RecordedFetch>): Promise<Response> => {
    const now = performance.now();
    const waitMs = dueAt - BURST_MS - now;
    dueAt = Math.max(dueAt, now) + intervalMs;
    if (waitMs > 0) {
      const signal = init?.signal ?? undefined;
      await sleep(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      signal?.throwIfAborted();
    }
    return send(input, init, context);
  };
  return Object.assign(wait, { recorder: send.recorder });
}
