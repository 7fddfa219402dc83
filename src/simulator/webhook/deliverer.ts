/**
 * The push side of Adobe I/O Events: signed deliveries of single events or batches, retried for a day.
 *
 * 2xx ends a delivery; 429, 5xx (but 505), timeouts and broken connections are retried after 1, 2, 4, 8, 15, 15, …
 * minutes; anything else is dropped. A retried delivery may arrive after later ones.
 */
import { request, type Dispatcher } from "undici";
import type { WebhookSettings } from "../options.ts";
import type { Scheduler } from "../scheduler.ts";
import type { StreamEvent } from "../stream/cloud-event.ts";
import type { StreamReader } from "../stream/paths.ts";
import type { WebhookCounters, WebhookState, WebhookTarget } from "./registration.ts";
import type { Signer } from "./signer.ts";

export interface Deliverer extends StreamReader {
  readonly target: WebhookTarget;
  readonly counters: Readonly<WebhookCounters>;
  state(): WebhookState;
  /** Deliveries waiting, under way, or to be retried. */
  pending(): number;
  /** The handshake has ended: begin to deliver, or give up. */
  activate(signer: Signer | null): void;
  close(): void;
}

interface Delivery {
  readonly events: readonly StreamEvent[];
  attempts: number;
  firstAttemptAtMs: number;
}

const MINUTE_MS = 60_000;
const RETRY_MINUTES = [1, 2, 4, 8, 15];
const GIVE_UP_MS = 24 * 60 * MINUTE_MS;

/** What a registration that keeps failing is judged by. */
const DISABLE = { attempts: 10, failedShare: 0.8 };

export interface DelivererParts {
  readonly settings: WebhookSettings;
  readonly scheduler: Scheduler;
  readonly dispatcher: Dispatcher;
}

export function createDeliverer(target: WebhookTarget, parts: DelivererParts): Deliverer {
  const { settings, scheduler, dispatcher } = parts;
  const counters: WebhookCounters = { attempts: 0, delivered: 0, events: 0, retried: 0, dropped: 0 };
  const ending = new AbortController();
  let state: WebhookState = "pending";
  let signer: Signer | null = null;
  let collecting: StreamEvent[] = [];
  let collectingBytes = 0;
  let lingering = false;
  let ready: Delivery[] = [];
  let active = 0;
  let toRetry = 0;

  function append(event: StreamEvent): void {
    if (state !== "active") return;
    if (target.batch !== true) {
      enqueue([event]);
      return;
    }
    if (collectingBytes + event.bytes > settings.maxBatchBytes) seal();
    collecting.push(event);
    collectingBytes += event.bytes + 1;
    if (collecting.length >= settings.maxBatchEvents) seal();
    else if (!lingering) {
      lingering = true;
      scheduler.after(settings.lingerMs, seal);
    }
  }

  /** Closes the batch that is being collected. */
  function seal(): void {
    lingering = false;
    if (collecting.length > 0) enqueue(collecting);
    collecting = [];
    collectingBytes = 0;
  }

  function enqueue(events: readonly StreamEvent[]): void {
    ready.push({ events, attempts: 0, firstAttemptAtMs: 0 });
    pump();
  }

  function pump(): void {
    while (active < settings.concurrency) {
      const delivery = state === "active" ? ready.shift() : undefined;
      if (delivery === undefined) return;
      active += 1;
      void attempt(delivery).finally(() => {
        active -= 1;
        pump();
      });
    }
  }

  async function attempt(delivery: Delivery): Promise<void> {
    const status = await send(delivery);
    if (ending.signal.aborted) return;
    counters.attempts += 1;
    if (status >= 200 && status < 300) {
      counters.delivered += 1;
      counters.events += delivery.events.length;
      return;
    }
    const minutes = RETRY_MINUTES[Math.min(delivery.attempts, RETRY_MINUTES.length - 1)] ?? 15;
    delivery.attempts += 1;
    const tooOld = Date.now() - delivery.firstAttemptAtMs + scheduler.scale(minutes * MINUTE_MS);
    if (!isRetried(status) || tooOld > scheduler.scale(GIVE_UP_MS)) {
      counters.dropped += 1;
      return;
    }
    counters.retried += 1;
    disableIfFailing();
    toRetry += 1;
    scheduler.after(minutes * MINUTE_MS, () => {
      toRetry -= 1;
      ready.push(delivery);
      pump();
    });
  }

  /** @returns the status, or 0 if there was no answer in time */
  async function send(delivery: Delivery): Promise<number> {
    const [first] = delivery.events;
    if (first === undefined || signer === null) return 0;
    if (delivery.attempts === 0) delivery.firstAttemptAtMs = Date.now();
    const texts = delivery.events.map((event) => nest(event, target.envelope ?? "plain"));
    const body = target.batch === true ? `[${texts.join(",")}]` : (texts[0] ?? "");
    try {
      const response = await request(target.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "Adobe/1.0",
          "x-adobe-event-id": first.deliveryId,
          "x-adobe-event-code": first.type,
          "x-adobe-provider": "marketo_observability_data_stream",
          ...(delivery.attempts > 0 ? { "x-adobe-retry-count": String(delivery.attempts) } : {}),
          ...signer.headers(body),
        },
        body,
        dispatcher,
        signal: AbortSignal.any([AbortSignal.timeout(settings.timeoutMs), ending.signal]),
      });
      await response.body.dump();
      return response.statusCode;
    } catch {
      return 0;
    }
  }

  function disableIfFailing(): void {
    if (!settings.disableFailing || counters.attempts < DISABLE.attempts) return;
    if (1 - counters.delivered / counters.attempts >= DISABLE.failedShare) state = "disabled";
  }

  return {
    target,
    counters,
    append,
    state: () => state,
    pending: () =>
      state === "active" ? ready.length + active + toRetry + (collecting.length > 0 ? 1 : 0) : 0,
    activate(by) {
      signer = by;
      state = by === null ? "disabled" : "active";
      pump();
    },
    close() {
      state = "disabled";
      ready = [];
      ending.abort();
    },
  };
}

function isRetried(status: number): boolean {
  return status === 0 || status === 429 || (status >= 500 && status !== 505);
}

function nest(event: StreamEvent, envelope: NonNullable<WebhookTarget["envelope"]>): string {
  if (envelope === "plain") return event.text;
  const inner = envelope === "event" ? event.text : `{"body":${event.text}}`;
  const { eventid, recipientclientid } = JSON.parse(event.text) as Record<string, unknown>;
  const outer = JSON.stringify({ eventid, recipientclientid }).slice(1, -1);
  return `{${outer === "" ? "" : `${outer},`}"event":${inner}}`;
}
