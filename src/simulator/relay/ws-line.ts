/**
 * A client of the relay over a WebSocket: an event a message.
 *
 * With acknowledgements a subscription outlives its connections: what was not acknowledged within a time, or when the
 * connection ended, is sent again. Without, a client gets what comes while it is there.
 */
import type { WebSocket } from "ws";
import type { StreamEvent } from "../stream/cloud-event.ts";
import type { History } from "../stream/history.ts";
import type { RelaySettings } from "./settings.ts";
import type { RelayLine } from "./sse-line.ts";

/** What a client that acknowledges has been sent so far, over all its connections. */
export interface Subscription {
  next: number;
  /** Sent and not acknowledged, by the event's id: when. */
  readonly waiting: Map<string, { readonly event: StreamEvent; sentAtMs: number; sends: number }>;
  acknowledged: number;
  redelivered: number;
}

export function createSubscription(): Subscription {
  return { next: 1, waiting: new Map(), acknowledged: 0, redelivered: 0 };
}

const MOST_UNREAD_BYTES = 1_048_576;
const PUMP_MS = 20;
/** Then it is given up: some events have no id to acknowledge them by. */
const MOST_SENDS = 10;

/** @param subscription undefined: no acknowledgements are expected */
export function createWsLine(
  socket: WebSocket,
  history: History,
  subscription: Subscription | undefined,
  settings: RelaySettings,
): RelayLine {
  let next = subscription?.next ?? history.end();
  let alive = true;

  function send(event: StreamEvent): void {
    subscription?.waiting.set(event.id, { event, sentAtMs: Date.now(), sends: 1 });
    socket.send(event.text, () => undefined);
  }

  function pump(): void {
    next = Math.max(next, history.first());
    const isFull = (): boolean =>
      socket.bufferedAmount > MOST_UNREAD_BYTES ||
      (subscription?.waiting.size ?? 0) >= settings.maxUnacknowledged;
    while (next < history.end() && !isFull()) {
      const event = history.get(next);
      next += 1;
      if (event !== undefined) send(event);
    }
    if (subscription !== undefined) subscription.next = next;
  }

  function sendAgain(olderThanMs: number): void {
    if (subscription === undefined) return;
    for (const [id, one] of subscription.waiting) {
      if (one.sentAtMs > olderThanMs || socket.bufferedAmount > MOST_UNREAD_BYTES) continue;
      if (one.sends >= MOST_SENDS) {
        subscription.waiting.delete(id);
        continue;
      }
      one.sentAtMs = Date.now();
      one.sends += 1;
      subscription.redelivered += 1;
      socket.send(one.event.text, () => undefined);
    }
  }

  const beat = setInterval(() => {
    if (!alive) socket.terminate();
    alive = false;
    socket.ping();
  }, settings.heartbeatMs);
  const work = setInterval(() => {
    sendAgain(Date.now() - settings.ackTimeoutMs);
    pump();
  }, PUMP_MS);
  history.watch(pump);
  socket.on("pong", () => (alive = true));
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer) => {
    const id = ackIn(data.toString("utf8"));
    if (subscription?.waiting.delete(id) !== true) return;
    subscription.acknowledged += 1;
    pump();
  });
  socket.on("close", () => {
    clearInterval(beat);
    clearInterval(work);
    history.unwatch(pump);
  });
  sendAgain(Date.now());
  pump();
  return { cut: () => socket.terminate() };
}

function ackIn(text: string): string {
  try {
    const { ack } = JSON.parse(text) as { ack?: unknown };
    return typeof ack === "string" ? ack : "";
  } catch {
    return "";
  }
}
