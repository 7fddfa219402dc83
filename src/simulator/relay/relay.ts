/**
 * A relay that fans the stream out: `/stream/sse` as Server-Sent Events, `/stream/ws` over a WebSocket.
 *
 * Nothing of Adobe's: a gateway of one's own. `?acks=on` of the WebSocket asks for acknowledgements, and `subscription`
 * names who it is that acknowledges.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import { createHistory } from "../stream/history.ts";
import type { Stream } from "../stream/stream.ts";
import type { RelaySettings } from "./settings.ts";
import { createSseLine, type RelayLine } from "./sse-line.ts";
import { createSubscription, createWsLine, type Subscription } from "./ws-line.ts";

export const SSE_PATH = "/stream/sse";
export const WS_PATH = "/stream/ws";
/** Names that are remembered. */
const MOST_SUBSCRIPTIONS = 100;

export type RelayWay = "sse" | "websocket";

export interface RelayCounts {
  /** Clients that are connected. */
  readonly sse: number;
  readonly websocket: number;
  readonly acknowledged: number;
  /** Sent again for want of an acknowledgement. */
  readonly redelivered: number;
  /** Sent, and not acknowledged. */
  readonly unacknowledged: number;
}

export interface Relay {
  counts(): RelayCounts;
  /** Breaks the connections of one way, or of both. @returns how many */
  disconnect(way?: RelayWay): number;
  close(): void;
}

export function addRelay(server: FastifyInstance, stream: Stream, settings: RelaySettings): Relay {
  const lifetime = Date.now().toString(36);
  const histories = { sse: createHistory(settings), websocket: createHistory(settings) };
  stream.addReader(histories.sse, "sse");
  stream.addReader(histories.websocket, "websocket");
  const lines = { sse: new Set<RelayLine>(), websocket: new Set<RelayLine>() };
  const subscriptions = new Map<string, Subscription>();
  const upgrades = new WebSocketServer({ noServer: true, maxPayload: 65_536 });

  server.get(SSE_PATH, (request, reply) => {
    if (!isAllowed(request.headers.authorization, settings)) return reply.code(401).send();
    void reply.hijack();
    const response = reply.raw;
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const after = numberIn(String(request.headers["last-event-id"] ?? ""), lifetime);
    const line = createSseLine(response, histories.sse, lifetime, after, settings);
    lines.sse.add(line);
    response.on("close", () => lines.sse.delete(line));
  });

  server.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://relay");
    const refusal = refusalOf(pathname, request, settings);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (peer) => {
      const name = searchParams.get("subscription") ?? "";
      const subscription = searchParams.get("acks") === "on" ? subscriptionOf(name) : undefined;
      const line = createWsLine(peer, histories.websocket, subscription, settings);
      lines.websocket.add(line);
      peer.on("close", () => lines.websocket.delete(line));
    });
  });

  function subscriptionOf(name: string): Subscription {
    const subscription = subscriptions.get(name) ?? createSubscription();
    subscriptions.set(name, subscription);
    const [oldest] = subscriptions.keys();
    if (subscriptions.size > MOST_SUBSCRIPTIONS && oldest !== undefined) subscriptions.delete(oldest);
    return subscription;
  }

  function disconnect(way?: RelayWay): number {
    const cut = way === undefined ? [...lines.sse, ...lines.websocket] : [...lines[way]];
    for (const line of cut) line.cut();
    return cut.length;
  }

  return {
    counts() {
      const all = [...subscriptions.values()];
      return {
        sse: lines.sse.size,
        websocket: lines.websocket.size,
        acknowledged: all.reduce((sum, one) => sum + one.acknowledged, 0),
        redelivered: all.reduce((sum, one) => sum + one.redelivered, 0),
        unacknowledged: all.reduce((sum, one) => sum + one.waiting.size, 0),
      };
    },
    disconnect,
    close: () => void disconnect(),
  };
}

function refusalOf(pathname: string, request: IncomingMessage, settings: RelaySettings): string | undefined {
  if (pathname !== WS_PATH) return "404 Not Found";
  return isAllowed(request.headers.authorization, settings) ? undefined : "401 Unauthorized";
}

function isAllowed(authorization: string | undefined, settings: RelaySettings): boolean {
  return settings.authorization === "" || authorization === settings.authorization;
}

/** The number in a Last-Event-ID; 0, the beginning, where it is none of this lifetime. */
function numberIn(lastEventId: string, lifetime: string): number {
  const [of, number = ""] = lastEventId.split(".");
  return of === lifetime && /^\d{1,12}$/.test(number) ? Number(number) : 0;
}
