/**
 * What is remembered of event ids: those stored lately, from which sources, and those on their way into the store.
 *
 * It saves work and makes counts exact within a process; it never decides whether rows become durable. An id
 * enters the remembered set only after its rows were stored. Two generations: when the younger is full it
 * becomes the older, and the older is forgotten.
 */
import { IdTable } from "./id-table.ts";

/**
 * `fresh`: not seen before. `stored`: its rows are durable. `repeated`: it stands in the same delivery already.
 * `in_flight`: another delivery carries it, whose end is open: its rows must be stored again.
 */
export type Acquaintance = "fresh" | "stored" | "repeated" | "in_flight";

/** A source is a bit; those beyond are not told apart from unknown ones, which costs a row and no more. */
const MAX_SOURCES = 30;

export class EventMemory {
  /** By event id: the sources that are stored as having brought it, a bit each. */
  private younger = new IdTable();
  private older = new IdTable();
  /** By event id, the delivery that brought it first. */
  private readonly inFlight = new Map<string, number>();
  private readonly bits = new Map<string, number>();
  private readonly perGeneration: number;

  constructor(capacity: number) {
    this.perGeneration = Math.max(1, Math.ceil(capacity / 2));
  }

  get size(): number {
    return this.younger.size + this.older.size;
  }

  /** Tells what is known of the id, and notes that the delivery carries it. */
  admit(eventId: string, delivery: number): Acquaintance {
    if ((this.younger.get(eventId) ?? this.older.get(eventId)) !== undefined) return "stored";
    const carrier = this.inFlight.get(eventId);
    if (carrier === undefined) {
      this.inFlight.set(eventId, delivery);
      return "fresh";
    }
    return carrier === delivery ? "repeated" : "in_flight";
  }

  /** Whether the delivery was the one that brought the id first. */
  isFirst(eventId: string, delivery: number): boolean {
    return this.inFlight.get(eventId) === delivery;
  }

  /** Whether it is stored that this source has brought the event. */
  isSighted(eventId: string, path: string, source: string): boolean {
    const sources = this.younger.get(eventId) ?? this.older.get(eventId) ?? 0;
    return (sources & this.bitOf(path, source)) !== 0;
  }

  /** Their rows are durable, and say that this source brought them, where one is given. */
  remember(eventIds: readonly string[], from?: { readonly path: string; readonly source: string }): void {
    const bit = from === undefined ? 0 : this.bitOf(from.path, from.source);
    for (const eventId of eventIds) {
      if (this.younger.size >= this.perGeneration) {
        this.older = this.younger;
        this.younger = new IdTable();
      }
      this.younger.add(eventId, bit);
      this.inFlight.delete(eventId);
    }
  }

  /** It is stored that this source, too, has brought the event. */
  noteSighting(eventId: string, path: string, source: string): void {
    for (const generation of [this.younger, this.older]) {
      if (generation.get(eventId) !== undefined) generation.add(eventId, this.bitOf(path, source));
    }
  }

  /** Their rows are not durable, and nobody works on it any more. */
  release(eventIds: readonly string[], delivery: number): void {
    for (const eventId of eventIds) {
      if (this.inFlight.get(eventId) === delivery) this.inFlight.delete(eventId);
    }
  }

  private bitOf(path: string, source: string): number {
    const key = `${path} ${source}`;
    let bit = this.bits.get(key);
    if (bit === undefined) {
      bit = this.bits.size < MAX_SOURCES ? 1 << this.bits.size : 0;
      if (bit !== 0) this.bits.set(key, bit);
    }
    return bit;
  }
}
