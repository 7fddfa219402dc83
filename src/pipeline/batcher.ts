/**
 * Batch: joins parcels into appends, by rows, bytes and age; while one append runs, the next fills up.
 *
 * Idle: a parcel that arrives is appended at once. Busy: at most one append every `maxAgeMs`, fewer while little waits
 * (`lightRest`), unless a batch is full; further appends run beside the first only for full batches. Parcels leave in
 * the order of their arrival.
 */
import type { Clock } from "../core/ports.ts";
import type { PipelineLimits } from "./limits.ts";
import { countRows, type Parcel } from "./parcel.ts";

/** A parcel that waits for its end. */
export interface Consignment {
  readonly parcel: Parcel;
  resolve(): void;
  reject(error: Error): void;
}

export class Batcher {
  private waiting: Consignment[] = [];
  private waitingRows = 0;
  private waitingBytes = 0;
  private running = 0;
  private lastStart = Number.NEGATIVE_INFINITY;
  private lastTookMs = 0;
  private scheduled = false;
  private timer: { readonly at: number; readonly end: AbortController } | undefined;
  private hurried = false;
  private abandoned: Error | undefined;
  private readonly limits: PipelineLimits;
  private readonly clock: Clock;
  private readonly send: (batch: readonly Consignment[]) => Promise<void>;

  /** @param send settles every consignment of the batch, and never rejects */
  constructor(limits: PipelineLimits, clock: Clock, send: (batch: readonly Consignment[]) => Promise<void>) {
    this.limits = limits;
    this.clock = clock;
    this.send = send;
  }

  /** Resolves when the parcel's rows are durable. */
  add(parcel: Parcel): Promise<void> {
    if (this.abandoned !== undefined) return Promise.reject(this.abandoned);
    return new Promise((resolve, reject) => {
      this.waiting.push({ parcel, resolve, reject });
      this.waitingRows += countRows(parcel.rows);
      this.waitingBytes += parcel.bytes;
      this.schedule();
    });
  }

  /** From now on nothing waits for its age. */
  hurry(): void {
    this.hurried = true;
    this.timer?.end.abort();
    this.pump();
  }

  /** Rejects what has not been sent, and whatever comes from now on. */
  abandon(error: Error): void {
    this.abandoned = error;
    for (const consignment of this.take(Infinity, Infinity)) consignment.reject(error);
  }

  /** After what arrives in the same turn of the event loop, so that it goes together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    while (this.waiting.length > 0 && this.running < this.limits.appendsAtOnce) {
      const full = this.waitingRows >= this.limits.maxRows || this.waitingBytes >= this.limits.maxBytes;
      if (!full) {
        if (this.running > 0) return;
        const due = this.lastStart + this.ageMs();
        if (due > this.clock.now() && !this.hurried) {
          this.wakeAt(due);
          return;
        }
      }
      this.start(this.take(this.limits.maxRows, this.limits.maxBytes));
    }
  }

  private ageMs(): number {
    const { maxAgeMs, lightRest, lightAges, lightParcels, lightRows } = this.limits;
    const light = this.waiting.length < lightParcels && this.waitingRows < lightRows;
    if (!light) return maxAgeMs;
    return Math.max(maxAgeMs, Math.min(this.lastTookMs * lightRest, maxAgeMs * lightAges));
  }

  private start(batch: readonly Consignment[]): void {
    this.running++;
    const start = this.clock.now();
    this.lastStart = start;
    void this.send(batch).finally(() => {
      this.running--;
      this.lastTookMs = this.clock.now() - start;
      this.pump();
    });
  }

  /** The oldest parcels, until they make a batch: at least one. */
  private take(maxRows: number, maxBytes: number): Consignment[] {
    let rows = 0;
    let bytes = 0;
    let count = 0;
    for (const { parcel } of this.waiting) {
      if (rows >= maxRows || bytes >= maxBytes) break;
      rows += countRows(parcel.rows);
      bytes += parcel.bytes;
      count++;
    }
    this.waitingRows -= rows;
    this.waitingBytes -= bytes;
    return this.waiting.splice(0, count);
  }

  /** One timer, the earliest that was asked for. */
  private wakeAt(at: number): void {
    if (this.timer !== undefined && this.timer.at <= at) return;
    this.timer?.end.abort();
    const timer = { at, end: new AbortController() };
    this.timer = timer;
    const wake = (): void => {
      if (this.timer === timer) this.timer = undefined;
      this.pump();
    };
    this.clock.sleep(at - this.clock.now(), timer.end.signal).then(wake, wake);
  }
}
