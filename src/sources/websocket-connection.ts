/**
 * One connection to a WebSocket, from the handshake to its end: messages go to the reader as they come.
 *
 * A peer that answers no ping is dead. While there is no room the socket is not read, so that the sender has to wait.
 */
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { parseRetryAfter } from "../core/retry-after.ts";

export interface WebSocketAsked {
  readonly url: string;
  /** The header's value; never told. */
  readonly authorization?: string | undefined;
  /** Between two pings, wall-clock; one that is not answered until the next ends the connection. */
  readonly pingMs: number;
  /** For the handshake, wall-clock. */
  readonly timeoutMs: number;
  /** A message beyond this is not even read: the connection is closed (1009). */
  readonly maxPayloadBytes: number;
  readonly now: () => number;
}

/** An open connection, as the reader sees it. */
export interface WebSocketPeer {
  /** Tells the peer, unless the connection is gone: then it will send again what it has not heard of. */
  send(text: string): void;
}

export interface WebSocketReader {
  onOpen(): void;
  /** Something has come, be it the answer to a ping. */
  onAlive(): void;
  onMessage(data: Buffer, peer: WebSocketPeer): void;
  readonly isFull: boolean;
  /** More may be read; rejects when the signal aborts. */
  room(): Promise<void>;
  /** Resolves when all that was read has been dealt with. */
  settled(): Promise<void>;
}

export interface WebSocketEnd {
  /** Why, in words; undefined: the peer closed it as one does (1000, 1001). */
  readonly fault: string | undefined;
  /** A message was too long to be read. */
  readonly tooLong: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** How long a polite end may take. */
const LAST_WORDS_MS = 1_000;
/** A peer that lets so much lie unread does not read. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;
const TOO_LONG = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** Resolves when the connection is over; rejects only when the signal aborts. */
export async function followWebSocket(
  asked: WebSocketAsked,
  reader: WebSocketReader,
  signal: AbortSignal,
): Promise<WebSocketEnd> {
  signal.throwIfAborted();
  const connection = new Connection(asked, reader);
  const onAbort = (): void => connection.leave();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const end = await connection.ended;
    signal.throwIfAborted();
    return end;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

class Connection {
  readonly ended: Promise<WebSocketEnd>;
  private readonly asked: WebSocketAsked;
  private readonly reader: WebSocketReader;
  private readonly socket: WebSocket;
  private readonly peer: WebSocketPeer = { send: (text) => this.send(text) };
  private readonly timers: NodeJS.Timeout[] = [];
  private fault: string | undefined;
  private retryAfterMs: number | undefined;
  private tooLong = false;
  private answered = true;
  private leaving = false;

  constructor(asked: WebSocketAsked, reader: WebSocketReader) {
    this.asked = asked;
    this.reader = reader;
    this.socket = new WebSocket(asked.url, {
      handshakeTimeout: asked.timeoutMs,
      maxPayload: asked.maxPayloadBytes,
      perMessageDeflate: false,
      // text that is not UTF-8 is a dead letter, not the end of the connection
      skipUTF8Validation: true,
      ...(asked.authorization === undefined ? {} : { headers: { authorization: asked.authorization } }),
    });
    this.ended = new Promise((resolve) => this.listen(resolve));
  }

  /** Reads no more, and says goodbye once all that was read is stored and acknowledged. */
  leave(): void {
    this.leaving = true;
    void this.reader.settled().then(() => {
      if (this.socket.readyState === WebSocket.CLOSED) return;
      this.socket.close(1000);
      if (this.socket.isPaused) this.socket.resume(); // to hear the peer's goodbye
      this.timers.push(setTimeout(() => this.socket.terminate(), LAST_WORDS_MS));
    });
  }

  private listen(resolve: (end: WebSocketEnd) => void): void {
    const { socket, reader } = this;
    socket.on("open", () => {
      reader.onOpen();
      this.timers.push(setInterval(() => this.beat(), this.asked.pingMs));
    });
    socket.on("message", (data: Buffer) => this.take(data));
    socket.on("ping", () => this.noteAlive());
    socket.on("pong", () => this.noteAlive());
    socket.on("unexpected-response", (_request, response) => this.refuse(response));
    socket.on("error", (error: Error & { code?: string }) => {
      this.tooLong ||= error.code === TOO_LONG;
      this.fault ??= describe(error, this.asked.maxPayloadBytes);
    });
    socket.on("close", (code, reason) => {
      for (const timer of this.timers) clearTimeout(timer);
      const { tooLong, retryAfterMs } = this;
      const fault = this.fault ?? describeClose(code, reason.toString("utf8"));
      resolve({ fault, tooLong, retryAfterMs });
    });
  }

  private take(data: Buffer): void {
    if (this.leaving) return;
    this.noteAlive();
    this.reader.onMessage(data, this.peer);
    if (this.reader.isFull && !this.socket.isPaused) void this.hold();
  }

  /** Stops reading until there is room. */
  private async hold(): Promise<void> {
    this.socket.pause();
    try {
      await this.reader.room();
    } catch {
      return; // the signal has aborted: `leave` goes on
    }
    this.answered = true; // what came meanwhile was not read
    this.socket.resume();
  }

  private beat(): void {
    if (this.socket.isPaused) return;
    if (!this.answered) {
      this.fault ??= `no answer to a ping within ${this.asked.pingMs / 1_000} s: the connection is taken for dead`;
      this.socket.terminate();
      return;
    }
    this.answered = false;
    this.socket.ping();
  }

  private noteAlive(): void {
    this.answered = true;
    this.reader.onAlive();
  }

  private send(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > MOST_UNREAD_BYTES) {
      this.fault ??= "the relay does not read acknowledgements";
      this.socket.terminate();
      return;
    }
    this.socket.send(text, () => undefined);
  }

  private refuse(response: IncomingMessage): void {
    const { statusCode: status = 0, headers } = response;
    const advice = status === 401 || status === 403 ? ": check WEBSOCKET_AUTHORIZATION" : "";
    const redirect = status >= 300 && status < 400 ? ": redirects are not followed" : "";
    this.fault = `the relay answered ${status} to the handshake${advice}${redirect}`;
    this.retryAfterMs = parseRetryAfter(headers["retry-after"], this.asked.now());
    response.destroy();
    this.socket.terminate();
  }
}

function describe(error: Error & { code?: string }, maxPayloadBytes: number): string {
  if (error.code === TOO_LONG) return `a message is longer than ${maxPayloadBytes} bytes: it was not read`;
  return `the connection broke: ${error.code === undefined ? "" : `${error.code}: `}${error.message}`;
}

function describeClose(code: number, reason: string): string | undefined {
  if (code === 1000 || code === 1001) return undefined;
  if (code === 1006) return "the connection broke without a word (1006)";
  // oxlint-disable-next-line no-control-regex -- the reason is the peer's
  const told = reason.replaceAll(/[\u0000-\u001f\u007f]/g, " ").trim();
  return `the relay closed the connection: ${code}${told === "" ? "" : ` (${told})`}`;
}
