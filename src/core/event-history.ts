/**
 * The port of raw events that were stored, for running them through a newer decoder.
 */
import type { Fact } from "./fact.ts";

/** A raw event, as it was stored; without a body where bodies were not kept. */
export interface StoredEvent {
  readonly eventId: string;
  readonly body: string;
}

/** What was stored of the stream, for running it again. Times are those of storing, epoch milliseconds, until exclusive. */
export interface EventHistory {
  countStoredEvents(since: number, until: number): Promise<number>;
  /** Behind `after`, in the order of their ids, each once. */
  storedEvents(since: number, until: number, after: string, limit: number): Promise<StoredEvent[]>;
  /** As `factsOf`, without holding up short questions. */
  storedFacts(requestIds: readonly string[]): Promise<Map<string, Fact[]>>;
}
