/**
 * The pipeline: decode → dedupe → batch → store → acknowledge; what cannot be read goes to dead letters.
 *
 * A delivery is acknowledged when all of it is durable, and not before. While the store is away nothing is
 * kept here: deliveries are rejected and stay with their sources.
 */
import { After202Error } from "../core/errors.ts";
import type { Fact } from "../core/fact.ts";
import type { ChangeFeed, Clock, Delivery, FactWriter, Intake, Logger, Receipt } from "../core/ports.ts";
import type { LinkKey } from "../core/submission.ts";
import { Batcher } from "./batcher.ts";
import { ChangeAnnouncer } from "./change-announcer.ts";
import { EventMemory } from "./event-memory.ts";
import { dropKnownEvents } from "./known-events.ts";
import { PIPELINE_LIMITS, type PipelineLimits } from "./limits.ts";
import { loadParcel, type LoadContext } from "./load.ts";
import type { PipelineObserver } from "./pipeline-observer.ts";
import { countRows, openParcel, pushAll, type Parcel } from "./parcel.ts";
import { Room } from "./room.ts";
import { payloadBytes, sliceDelivery } from "./slice.ts";
import { storeBatch } from "./store-step.ts";

/** About what a fact weighs in memory, for those that come without bytes. */
const FACT_BYTES = 300;

export interface PipelineOptions {
  readonly store: FactWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<PipelineLimits>;
  readonly observer?: PipelineObserver;
  /** false: events are stored without their bodies, so that their ids stay known. Default true. */
  readonly rawBodies?: boolean;
}

export interface PipelineStats {
  readonly bufferedBytes: number;
  readonly bufferedEvents: number;
  /** Deliveries whose end is open. */
  readonly pending: number;
  readonly rememberedIds: number;
}

export interface Pipeline extends Intake, ChangeFeed {
  /** Takes nothing more; resolves when all that was taken has its end. */
  drain(): Promise<void>;
  /** Drains; as soon as the signal aborts, what is not being appended is rejected with SHUTTING_DOWN instead. */
  close(signal?: AbortSignal): Promise<void>;
  stats(): PipelineStats;
}

export function openPipeline(options: PipelineOptions): Pipeline {
  return new StreamPipeline(options);
}

class StreamPipeline implements Pipeline {
  private readonly options: PipelineOptions;
  private readonly limits: PipelineLimits;
  private readonly observer: PipelineObserver;
  private readonly memory: EventMemory;
  private readonly room: Room;
  private readonly announcer: ChangeAnnouncer;
  private readonly batcher: Batcher;
  private deliveries = 0;
  private pending = 0;
  private draining = false;
  private onDrained: (() => void)[] = [];

  constructor(options: PipelineOptions) {
    this.options = options;
    this.limits = { ...PIPELINE_LIMITS, ...options.limits };
    this.observer = options.observer ?? {};
    this.memory = new EventMemory(this.limits.rememberedIds);
    this.room = new Room(this.limits, (bytes, events) => this.observer.buffered?.(bytes, events));
    this.announcer = new ChangeAnnouncer(options.logger);
    const { store, clock, logger } = options;
    const step = {
      store,
      clock,
      logger,
      observer: this.observer,
      deadLetterBytes: this.limits.deadLetterBytes,
      onStored: (parcel: Parcel) => {
        this.memory.remember(parcel.eventIds, parcel.origin);
        for (const { eventId, path, source } of parcel.rows.sightings)
          this.memory.noteSighting(eventId, path, source);
        this.announcer.announce(parcel.rows);
      },
    };
    this.batcher = new Batcher(this.limits, clock, (batch) => storeBatch(batch, step));
  }

  async accept(delivery: Delivery): Promise<Receipt> {
    const bytes = payloadBytes(delivery.payload);
    try {
      const receipt = await this.during(bytes.length, (count) => this.ship(bytes, delivery, count));
      this.observer.delivered?.(delivery.path, delivery.source, receipt);
      return receipt;
    } catch (error) {
      const code = error instanceof After202Error ? error.code : "INTERNAL";
      this.observer.refused?.(delivery.path, delivery.source, code);
      throw error;
    }
  }

  async acceptFacts(facts: readonly Fact[], linkKeys: readonly LinkKey[] = []): Promise<void> {
    const rows = facts.length + linkKeys.length;
    if (rows === 0) return;
    await this.during(rows * FACT_BYTES, async (count) => {
      count(rows);
      const parcel = openParcel(++this.deliveries, rows * FACT_BYTES, undefined);
      pushAll(parcel.rows.facts, facts);
      pushAll(parcel.rows.linkKeys, linkKeys);
      await this.batcher.add(parcel);
    });
  }

  ready(signal?: AbortSignal): Promise<void> {
    return this.room.whenFree(signal);
  }

  subscribe(listener: Parameters<ChangeFeed["subscribe"]>[0]): () => void {
    return this.announcer.subscribe(listener);
  }

  stats(): PipelineStats {
    const { bytes, events } = this.room.used;
    const rememberedIds = this.memory.size;
    return { bufferedBytes: bytes, bufferedEvents: events, pending: this.pending, rememberedIds };
  }

  async drain(): Promise<void> {
    this.draining = true;
    this.room.wake();
    this.batcher.hurry();
    if (this.pending > 0) await new Promise<void>((resolve) => this.onDrained.push(resolve));
  }

  async close(signal?: AbortSignal): Promise<void> {
    const drained = this.drain();
    if (signal === undefined) return drained;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.batcher.abandon(shuttingDown());
        resolve();
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      drained.finally(() => signal.removeEventListener("abort", onAbort)).then(resolve, reject);
    });
  }

  /** Runs the work of one delivery within the bounds of the buffer. */
  private async during<T>(bytes: number, work: (count: (events: number) => void) => Promise<T>): Promise<T> {
    if (this.draining) throw shuttingDown();
    this.room.enter(bytes);
    this.pending++;
    let counted = 0;
    try {
      return await work((events) => {
        counted += events;
        this.room.count(events);
      });
    } finally {
      this.room.leave(bytes, counted);
      this.pending--;
      if (this.pending === 0) for (const resolve of this.onDrained.splice(0)) resolve();
    }
  }

  private async ship(bytes: Buffer, delivery: Delivery, count: (events: number) => void): Promise<Receipt> {
    const context: LoadContext = {
      memory: this.memory,
      path: delivery.path,
      source: delivery.source,
      delivery: ++this.deliveries,
      recipientClientId: delivery.recipientClientId,
      fault: delivery.fault,
      at: this.options.clock.now(),
      rawBodies: this.options.rawBodies ?? true,
      deadLetterBytes: this.limits.deadLetterBytes,
    };
    const parcels: Parcel[] = [];
    const ends: Promise<Error | undefined>[] = [];
    try {
      for (const slice of sliceDelivery(bytes, delivery)) {
        if (parcels.length > 0) await nextTurn();
        let parcel = loadParcel(slice, context);
        count(parcel.read);
        if (delivery.exact === true) parcel = await this.checkAgainstStore(parcel);
        parcels.push(parcel);
        ends.push(this.store(parcel));
      }
    } finally {
      await Promise.all(ends); // also of a delivery that fails half-way: its rows are in the buffer until then
    }
    for (const failure of await Promise.all(ends)) if (failure !== undefined) throw failure;
    return receiptOf(parcels);
  }

  private async checkAgainstStore(parcel: Parcel): Promise<Parcel> {
    try {
      return await dropKnownEvents(parcel, this.options.store, this.memory);
    } catch (error) {
      this.memory.release(parcel.eventIds, parcel.delivery);
      throw error;
    }
  }

  /** @returns the failure as a value, for the delivery asks for it only at its end */
  private async store(parcel: Parcel): Promise<Error | undefined> {
    if (countRows(parcel.rows) === 0) return undefined; // all of it is stored already, or on its way in this same delivery
    try {
      await this.batcher.add(parcel);
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      this.memory.release(parcel.eventIds, parcel.delivery);
    }
  }
}

function receiptOf(parcels: readonly Parcel[]): Receipt {
  const receipt = { read: 0, fresh: 0, duplicate: 0, dead: 0 };
  for (const parcel of parcels) {
    receipt.read += parcel.read;
    receipt.fresh += parcel.fresh;
    receipt.duplicate += parcel.duplicate;
    receipt.dead += parcel.dead;
  }
  return receipt;
}

function shuttingDown(): After202Error {
  return new After202Error("SHUTTING_DOWN", "The service is stopping; send it again to the next one.");
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
