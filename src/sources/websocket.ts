/**
 * The WebSocket of a relay that fans the stream out: followed for ever, with acknowledgements if the relay wants them.
 *
 * A message is an event or a batch of them, as text or as bytes. With `acks` each event's id goes back as
 * `{"ack":"<id>"}` once its rows are durable, on the connection that brought it, and never before; what was not
 * acknowledged when that one ends is the relay's to send again. No fault ends it; only the signal does.
 */
import type { Clock, DeliveryFault, Intake, Logger, Source, SourceStatus } from "../core/ports.ts";
import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "../core/backoff.ts";
import { eventIdsOf } from "./event-ids.ts";
import { FaultBoard } from "./fault-board.ts";
import { MAX_MESSAGE_BYTES, MessageLine } from "./message-line.ts";
import {
  followWebSocket,
  type WebSocketEnd,
  type WebSocketPeer,
  type WebSocketReader,
} from "./websocket-connection.ts";

export interface WebSocketOptions {
  readonly name: string;
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  readonly acks: boolean;
  readonly intake: Pick<Intake, "accept" | "ready">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two pings, wall-clock. Default 20 s. */
  readonly pingMs?: number;
  /** For the handshake, wall-clock. Default 15 s. */
  readonly timeoutMs?: number;
  /** A longer message becomes a dead letter. Default 2 MB; one of four times that is not even read. */
  readonly maxMessageBytes?: number;
  readonly backoff?: Backoff;
  readonly random?: () => number;
}

export function createWebSocketSource(options: WebSocketOptions): Source {
  return new WebSocketSource(options);
}

class WebSocketSource implements Source {
  readonly name: string;
  private readonly options: WebSocketOptions;
  private readonly board: FaultBoard;
  private readonly line: MessageLine;
  private readonly maxMessageBytes: number;
  private failures = 0;

  constructor(options: WebSocketOptions) {
    this.options = options;
    this.name = options.name;
    this.maxMessageBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    this.board = new FaultBoard(options.name, "websocket", options.logger);
    this.line = new MessageLine({ ...options, path: "websocket", board: this.board });
  }

  status(): SourceStatus {
    return this.board.status();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.line.room(signal);
        await this.comeBack(await this.follow(signal), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.line.settled();
      this.board.state = "stopped";
    }
  }

  private follow(signal: AbortSignal): Promise<WebSocketEnd> {
    const { url, authorization, clock, pingMs = 20_000, timeoutMs = 15_000 } = this.options;
    const maxPayloadBytes = this.maxMessageBytes * 4;
    const now = (): number => clock.now();
    return followWebSocket(
      { url, authorization, pingMs, timeoutMs, maxPayloadBytes, now },
      this.readerUntil(signal),
      signal,
    );
  }

  private readerUntil(signal: AbortSignal): WebSocketReader {
    const { line } = this;
    return {
      onOpen: () => {
        this.noteAlive();
        this.board.clear("websocket");
      },
      onAlive: () => {
        this.noteAlive();
        this.failures = 0;
      },
      onMessage: (data, peer) => this.take(data, peer, signal),
      get isFull() {
        return line.isFull;
      },
      room: () => line.room(signal),
      settled: () => line.settled(),
    };
  }

  private take(data: Buffer, peer: WebSocketPeer, signal: AbortSignal): void {
    if (isBlank(data)) return;
    const ids = this.options.acks ? eventIdsOf(data) : [];
    const acknowledge = (): void => {
      for (const id of ids) peer.send(JSON.stringify({ ack: id }));
    };
    this.line.take(data, signal, acknowledge, this.faultOf(data));
  }

  private faultOf({ length }: Buffer): DeliveryFault | undefined {
    if (length <= this.maxMessageBytes) return undefined;
    const reason = `The message has ${length} bytes, more than ${this.maxMessageBytes}.`;
    return { code: "EVENT_TOO_LARGE", reason };
  }

  private noteAlive(): void {
    this.board.state = "reading";
    this.board.lastReadAt = this.options.clock.now();
  }

  private async comeBack(end: WebSocketEnd, signal: AbortSignal): Promise<void> {
    const { clock, backoff = DEFAULT_BACKOFF, random = Math.random } = this.options;
    if (end.tooLong) this.noteUnread(end.fault ?? "", signal);
    if (end.fault !== undefined) this.board.raise("websocket", end.fault);
    this.failures++;
    await clock.sleep(Math.max(backoffMs(backoff, this.failures, random()), end.retryAfterMs ?? 0), signal);
  }

  /** A message that was too long to be read leaves a dead letter without a body: one, however often it comes. */
  private noteUnread(reason: string, signal: AbortSignal): void {
    const fault = { code: "EVENT_TOO_LARGE", reason: `On ${this.name}: ${reason}.` } as const;
    this.line.take(Buffer.alloc(0), signal, () => undefined, fault);
  }
}

/** Some relays send an empty message as a sign of life. */
function isBlank(data: Buffer): boolean {
  return data.length < 64 && data.toString("utf8").trim() === "";
}
