/**
 * What is remembered of event ids: those stored lately, and those on their way into the store.
 *
 * It saves work and makes counts exact within a process; it never decides whether rows become durable. An id
 * enters the remembered set only after its rows were stored. Two generations: when the younger is full it
 * becomes the older, and the older is forgotten.
 */

/**
 * `fresh`: not seen before. `stored`: its rows are durable. `repeated`: it stands in the same delivery already.
 * `in_flight`: another delivery carries it, whose end is open: its rows must be stored again.
 */
export type Acquaintance = "fresh" | "stored" | "repeated" | "in_flight";

export class EventMemory {
  private younger = new Set<string>();
  private older = new Set<string>();
  /** By event id, the delivery that brought it first. */
  private readonly inFlight = new Map<string, number>();
  private readonly perGeneration: number;

  constructor(capacity: number) {
    this.perGeneration = Math.max(1, Math.ceil(capacity / 2));
  }

  get size(): number {
    return this.younger.size + this.older.size;
  }

  /** Tells what is known of the id, and notes that the delivery carries it. */
  admit(eventId: string, delivery: number): Acquaintance {
    if (this.younger.has(eventId) || this.older.has(eventId)) return "stored";
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

  /** Their rows are durable. */
  remember(eventIds: readonly string[]): void {
    for (const eventId of eventIds) {
      if (this.younger.size >= this.perGeneration) {
        this.older = this.younger;
        this.younger = new Set();
      }
      this.younger.add(eventId);
      this.inFlight.delete(eventId);
    }
  }

  /** Their rows are not durable, and nobody works on it any more. */
  release(eventIds: readonly string[], delivery: number): void {
    for (const eventId of eventIds) {
      if (this.inFlight.get(eventId) === delivery) this.inFlight.delete(eventId);
    }
  }
}
