/**
 * A relay on loopback for tests: the same events as Server-Sent Events and over a WebSocket, killed and started at will.
 *
 * What it has published stays over a restart. Over Server-Sent Events a client gets what follows its Last-Event-ID, over
 * the WebSocket what it has not acknowledged.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** What to answer instead of the stream; false: nothing special. */
export type SseDetour = (request: IncomingMessage, response: ServerResponse) => boolean;

export class FakeRelay {
  /** Texts of messages, in order; the id of one is its place from 1. */
  readonly messages: string[] = [];
  /** Headers of each request for the stream, and of each handshake. */
  readonly asked: IncomingMessage["headers"][] = [];
  readonly acked: string[] = [];
  readonly detours: SseDetour[] = [];
  /** Statuses of the next handshakes. */
  readonly refusals: number[] = [];
  /** What is written before the events of a connection, such as `retry: 100\n\n`. */
  preamble = ": hello\n\n";
  /** Written as it is in place of the frame of a message. */
  frameOf = (id: number, text: string): string => `id: ${id}\nevent: marketo\ndata: ${text}\n\n`;
  /** false: pings are not answered. */
  answersPings = true;
  readonly streams = new Set<ServerResponse>();
  readonly sockets = new Set<WebSocket>();
  url = "";
  wsUrl = "";
  private port = 0;
  private server: Server | undefined;
  private readonly connections = new Set<Socket>();

  async open(): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response));
    server.on("connection", (socket) => {
      this.connections.add(socket);
      socket.on("close", () => this.connections.delete(socket));
    });
    const upgrades = new WebSocketServer({ noServer: true, autoPong: this.answersPings });
    server.on("upgrade", (request, socket, head) => {
      this.asked.push(request.headers);
      const status = this.refusals.shift();
      if (status !== undefined) {
        socket.end(`HTTP/1.1 ${status} No\r\nretry-after: 0\r\nconnection: close\r\n\r\n`);
        return;
      }
      upgrades.handleUpgrade(request, socket, head, (peer) => this.greet(peer));
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}/stream`;
    this.wsUrl = `ws://127.0.0.1:${this.port}/ws`;
    this.server = server;
  }

  /** As `kill -9` would: all connections break, nothing listens. */
  async kill(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    for (const socket of this.connections) socket.resetAndDestroy();
    await new Promise((resolve) => server.close(resolve));
    this.streams.clear();
    this.sockets.clear();
  }

  publish(...messages: readonly unknown[]): void {
    for (const message of messages) {
      const text = typeof message === "string" ? message : JSON.stringify(message);
      this.messages.push(text);
      for (const stream of this.streams) stream.write(this.frameOf(this.messages.length, text));
      for (const socket of this.sockets) socket.send(text);
    }
  }

  /** The next connections to the stream get these statuses. */
  fail(...statuses: number[]): void {
    for (const status of statuses)
      this.detours.push((_, response) => Boolean(response.writeHead(status).end()));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.headers);
    if (this.detours.shift()?.(request, response) === true) return;
    response.writeHead(200, { "content-type": "text/event-stream" }).write(this.preamble);
    const from = Number(request.headers["last-event-id"] ?? 0);
    for (let at = from; at < this.messages.length; at++) {
      response.write(this.frameOf(at + 1, this.messages[at] ?? ""));
    }
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }

  private greet(peer: WebSocket): void {
    const { acked } = this;
    peer.on("message", (data: Buffer) => acked.push((JSON.parse(data.toString()) as { ack: string }).ack));
    peer.on("close", () => this.sockets.delete(peer));
    peer.on("error", () => undefined);
    this.sockets.add(peer);
    const known = new Set(acked);
    for (const text of this.messages) if (!idsIn(text).every((id) => known.has(id))) peer.send(text);
  }
}

function idsIn(text: string): string[] {
  try {
    const parsed = JSON.parse(text) as { id: string } | { id: string }[];
    return (Array.isArray(parsed) ? parsed : [parsed]).map(({ id }) => id);
  } catch {
    return [""];
  }
}
