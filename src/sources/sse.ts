/**
 * Server-Sent Events of a relay that fans the stream out: followed for ever, resumed by Last-Event-ID.
 *
 * The id that is kept in the store is that of an event that is durable, as are all before it; after a restart the relay
 * is asked for what follows. Within a run what has been received is not asked for again: it is held until it is stored.
 * No fault ends it, nor does a server that says that it need not come back (204); only the signal does.
 */
import type { Dispatcher } from "undici";
import type { Clock, CursorStore, Intake, Logger, Source, SourceStatus } from "../core/ports.ts";
import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "../core/backoff.ts";
import { CursorKeeper } from "./cursor-keeper.ts";
import { FaultBoard } from "./fault-board.ts";
import { insist } from "./insist.ts";
import { MAX_MESSAGE_BYTES, MessageLine } from "./message-line.ts";
import { followSse, type SseEnd, type SseReader } from "./sse-connection.ts";
import { positionOf, resumeId } from "./sse-position.ts";

export interface SseOptions {
  readonly name: string;
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  readonly intake: Pick<Intake, "accept" | "ready">;
  readonly cursors: CursorStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Without a byte for so long, wall-clock, the connection is dead. Default 60 s. */
  readonly silenceMs?: number;
  /** Default 2 MB. */
  readonly maxEventBytes?: number;
  /** Shortest time between two saves of the cursor. Default 1 s. */
  readonly cursorIntervalMs?: number;
  readonly backoff?: Backoff;
  readonly dispatcher?: Dispatcher;
  readonly random?: () => number;
}

/** What a server may ask for with `retry:`, at most. */
const LONGEST_RETRY_MS = 60_000;

export function createSseSource(options: SseOptions): Source {
  return new SseSource(options);
}

class SseSource implements Source {
  readonly name: string;
  private readonly options: SseOptions;
  private readonly board: FaultBoard;
  private readonly line: MessageLine;
  private readonly keeper: CursorKeeper;
  private readonly random: () => number;
  private readonly backoff: Backoff;
  private lastEventId = "";
  private retryMs = 0;
  private failures = 0;

  constructor(options: SseOptions) {
    const { name, clock, cursors, backoff = DEFAULT_BACKOFF, random = Math.random } = options;
    this.options = options;
    this.name = name;
    this.backoff = backoff;
    this.random = random;
    this.board = new FaultBoard(name, "sse", options.logger);
    this.line = new MessageLine({ ...options, path: "sse", board: this.board });
    this.keeper = new CursorKeeper({
      source: name,
      cursors,
      clock,
      board: this.board,
      intervalMs: options.cursorIntervalMs ?? 1_000,
      backoff,
      random,
    });
  }

  status(): SourceStatus {
    return this.board.status();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.loadCursor(signal);
      for (;;) {
        await this.line.room(signal);
        await this.comeBack(await this.follow(signal), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.line.settled();
      await this.keeper.close();
      this.board.state = "stopped";
    }
  }

  private async loadCursor(signal: AbortSignal): Promise<void> {
    const { cursors, url } = this.options;
    const cursor = await insist({ ...this.options, board: this.board }, signal, () =>
      cursors.loadCursor(this.name),
    );
    if (cursor === undefined) return;
    this.lastEventId = resumeId(cursor.next, url);
    this.board.noteEvents(cursor.lastEventAt);
  }

  private follow(signal: AbortSignal): Promise<SseEnd> {
    const {
      url,
      authorization,
      dispatcher,
      clock,
      silenceMs = 60_000,
      maxEventBytes = MAX_MESSAGE_BYTES,
    } = this.options;
    const { lastEventId } = this;
    const now = (): number => clock.now();
    const asked = { url, authorization, dispatcher, silenceMs, maxEventBytes, lastEventId, now };
    return followSse(asked, this.readerUntil(signal), signal);
  }

  private readerUntil(signal: AbortSignal): SseReader {
    return {
      onOpen: () => {
        this.noteAlive();
        this.board.clear("sse");
      },
      onAlive: () => {
        this.noteAlive();
        this.failures = 0;
      },
      onEvent: (data, id) => {
        const acknowledge = this.moveTo(id);
        if (data.trim() === "") this.line.pass(acknowledge);
        else this.line.take(Buffer.from(data), signal, acknowledge);
      },
      onBroken: (bytes, fault, id) => this.line.take(bytes, signal, this.moveTo(id), fault),
      onRetry: (ms) => (this.retryMs = Math.min(ms, LONGEST_RETRY_MS)),
      room: () => this.line.room(signal),
    };
  }

  private noteAlive(): void {
    this.board.state = "reading";
    this.board.lastReadAt = this.options.clock.now();
  }

  /** @returns to be called when the event with this id is durable; an event without one leaves the position as it is */
  private moveTo(id: string): () => void {
    const next = positionOf(this.options.url, id);
    if (next === undefined) return () => undefined;
    this.lastEventId = id;
    const { lastEventAt } = this.board;
    return () => this.keeper.advance({ next, lastEventAt, coveredUntil: null, coveredFrom: null });
  }

  /** Waits before the next connection: as long as the server asks for, and longer with every failure. */
  private async comeBack(end: SseEnd, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.options;
    if (end.fault !== undefined) this.board.raise("sse", end.fault);
    if (end.expired && this.lastEventId !== "") {
      logger.warn(
        { source: this.name },
        "the relay does not know the last event any more: starting where it lets us",
      );
      this.lastEventId = "";
    }
    // a stream that is merely quiet is not left alone for longer each time
    this.failures = end.silent ? 1 : this.failures + 1;
    const wait = this.retryMs + backoffMs(this.backoff, this.failures, this.random());
    await clock.sleep(Math.max(wait, end.retryAfterMs ?? 0), signal);
  }
}
