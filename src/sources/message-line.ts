/**
 * Messages of a relay on their way into the store: many at once, acknowledged in their order, within bounds.
 *
 * A message is handed over again and again until it is stored; what follows waits for its acknowledgement, not for room.
 */
import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "../core/backoff.ts";
import type { Clock, Delivery, DeliveryFault, Intake, SourcePath } from "../core/ports.ts";
import { lastEventTime } from "./event-time.ts";
import type { FaultBoard } from "./fault-board.ts";
import { PageLine } from "./page-line.ts";

/** Longest message: that of Adobe's batches, and of an event. */
export const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
const MESSAGES_IN_FLIGHT = 4_096;
const BYTES_IN_FLIGHT = 8 * 1024 * 1024;

export interface MessageLineOptions {
  readonly name: string;
  readonly path: SourcePath;
  readonly intake: Pick<Intake, "accept" | "ready">;
  readonly clock: Clock;
  readonly board: FaultBoard;
  readonly backoff?: Backoff | undefined;
  readonly random?: (() => number) | undefined;
}

export class MessageLine {
  private readonly options: MessageLineOptions;
  private readonly line = new PageLine(MESSAGES_IN_FLIGHT, BYTES_IN_FLIGHT);
  private failures = 0;
  private pause: Promise<void> | undefined;

  constructor(options: MessageLineOptions) {
    this.options = options;
  }

  /** More should not be read now: see `room`. */
  get isFull(): boolean {
    return this.line.isFull;
  }

  /**
   * @param fault why the payload cannot be read: then it becomes a dead letter
   * @param acknowledge called when this message and all before it are durable
   */
  take(payload: Buffer, signal: AbortSignal, acknowledge: () => void, fault?: DeliveryFault): void {
    const { board, path, name } = this.options;
    board.noteEvents(fault === undefined ? lastEventTime(payload) : null);
    const delivery: Delivery = { path, source: name, payload, ...(fault === undefined ? {} : { fault }) };
    this.line.push(this.deliver(delivery, signal), payload.length, acknowledge);
  }

  /** A place in the order without a message: `acknowledge` is called when all before it is durable. */
  pass(acknowledge: () => void): void {
    this.line.push(Promise.resolve(), 0, acknowledge);
  }

  /** Resolves when more may be read; rejects when the signal aborts. */
  async room(signal: AbortSignal): Promise<void> {
    await this.line.room();
    await this.options.intake.ready(signal);
  }

  /** Resolves when no message is under way. */
  settled(): Promise<void> {
    return this.line.settled();
  }

  /** Tries until the message is stored; rejects only when the signal aborts. */
  private async deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { board, intake } = this.options;
    for (;;) {
      try {
        await intake.accept(delivery);
        this.failures = 0;
        board.clear("store");
        return;
      } catch (error) {
        signal.throwIfAborted();
        board.raise("store", error instanceof Error ? error.message : String(error));
        await (this.pause ??= this.waitForStore(signal));
      }
    }
  }

  /** One wait for all messages that were turned away: there may be thousands. */
  private async waitForStore(signal: AbortSignal): Promise<void> {
    const { clock, intake, backoff = DEFAULT_BACKOFF, random = Math.random } = this.options;
    this.failures++;
    try {
      await clock.sleep(backoffMs(backoff, this.failures, random()), signal);
      await intake.ready(signal);
    } finally {
      this.pause = undefined;
    }
  }
}
