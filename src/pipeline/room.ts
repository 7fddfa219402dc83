/**
 * The bound of what waits to be stored: a source that can wait asks for room, one that cannot is turned away.
 */
import { After202Error } from "../core/errors.ts";
import type { PipelineLimits } from "./limits.ts";

export class Room {
  private bytes = 0;
  private events = 0;
  private readonly waiters = new Set<() => void>();
  private readonly limits: PipelineLimits;
  private readonly onChange: (bytes: number, events: number) => void;

  constructor(limits: PipelineLimits, onChange: (bytes: number, events: number) => void) {
    this.limits = limits;
    this.onChange = onChange;
  }

  get used(): { bytes: number; events: number } {
    return { bytes: this.bytes, events: this.events };
  }

  /** @throws After202Error BUFFER_FULL; an empty buffer takes whatever comes */
  enter(bytes: number): void {
    const over = this.bytes + bytes > this.limits.bufferBytes || this.events >= this.limits.bufferEvents;
    if (over && (this.bytes > 0 || this.events > 0)) {
      throw new After202Error(
        "BUFFER_FULL",
        `${this.bytes} bytes and ${this.events} events wait to be stored; send it again in some seconds.`,
      );
    }
    this.change(bytes, 0);
  }

  /** Events of a delivery that entered, once they are counted. */
  count(events: number): void {
    this.change(0, events);
  }

  leave(bytes: number, events: number): void {
    this.change(-bytes, -events);
    if (this.isFree()) this.wake();
  }

  /** Lets everybody go on, whatever the fill: the intake answers them. */
  wake(): void {
    for (const waiter of this.waiters) waiter();
    this.waiters.clear();
  }

  /** Resolves when a quarter of the buffer is free; rejects when the signal aborts. */
  async whenFree(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.isFree()) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.waiters.delete(waiter);
        reject(signal?.reason as Error);
      };
      const waiter = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      this.waiters.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  private isFree(): boolean {
    return this.bytes < this.limits.bufferBytes * 0.75 && this.events < this.limits.bufferEvents * 0.75;
  }

  private change(bytes: number, events: number): void {
    this.bytes += bytes;
    this.events += events;
    this.onChange(this.bytes, this.events);
  }
}
