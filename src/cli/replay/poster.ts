/**
 * Sends bodies of events to the service, several at once, each until it is taken.
 *
 * A service that is away, busy or restarting is waited for; one that never answered is most likely a wrong address and
 * is given up soon. A body whose answer was lost is sent again: events that were stored then count as duplicates.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { After202Error } from "../../core/errors.ts";
import type { EventReceipt } from "../service-answers.ts";
import { ServiceRefusal, type ServiceClient } from "../service-client.ts";

export interface Poster {
  /** Resolves as soon as the next body may come. @throws what ended the sending */
  post(body: Buffer): Promise<void>;
  /** Resolves when everything is taken. @throws what ended the sending */
  finished(): Promise<void>;
}

const AT_ONCE = 4;
const TIMEOUT_MS = 120_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
const PATIENCE_MS = 120_000;
/** Without any answer so far. */
const FIRST_PATIENCE_MS = 2_000;

export function createPoster(client: ServiceClient, onReceipt: (receipt: EventReceipt) => void): Poster {
  const underWay = new Set<Promise<void>>();
  const ending = new AbortController();
  let answered = false;
  let answeredAt = Date.now();

  async function send(body: Buffer): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        const receipt = await client.ask<EventReceipt>("/v1/events?replay=true", {
          method: "POST",
          body,
          contentType: "application/x-ndjson",
          timeoutMs: TIMEOUT_MS,
          signal: ending.signal,
        });
        answered = true;
        answeredAt = Date.now();
        onReceipt(receipt);
        return;
      } catch (error) {
        answered ||= error instanceof ServiceRefusal;
        const patienceMs = answered ? PATIENCE_MS : FIRST_PATIENCE_MS;
        const mayPass =
          error instanceof After202Error && error.retryable && Date.now() - answeredAt < patienceMs;
        if (!mayPass) throw error;
        const toldMs = error instanceof ServiceRefusal ? error.retryAfterMs : undefined;
        await sleep(Math.min(LONGEST_PAUSE_MS, toldMs ?? pauseMs), undefined, { signal: ending.signal });
      }
    }
  }

  async function take(body: Buffer): Promise<void> {
    try {
      await send(body);
    } catch (error) {
      ending.abort(error); // the first fault ends all
    }
  }

  return {
    async post(body) {
      const sending = take(body).finally(() => underWay.delete(sending));
      underWay.add(sending);
      while (underWay.size >= AT_ONCE) await Promise.race(underWay);
      ending.signal.throwIfAborted();
    },
    async finished() {
      await Promise.all(underWay);
      ending.signal.throwIfAborted();
    },
  };
}
