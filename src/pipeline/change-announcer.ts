/**
 * Tells subscribers which requests have new facts, once these are durable.
 */
import type { Fact } from "../core/fact.ts";
import type { ChangeFeed, Logger } from "../core/ports.ts";

type Listener = (requestIds: ReadonlySet<string>) => void;

export class ChangeAnnouncer implements ChangeFeed {
  private readonly listeners = new Set<Listener>();
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  subscribe(listener: Listener): () => void {
    const own: Listener = (requestIds) => listener(requestIds);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /** A listener that throws is logged; it harms neither the others nor the delivery. */
  announce(facts: readonly Fact[]): void {
    if (this.listeners.size === 0 || facts.length === 0) return;
    const requestIds = new Set<string>();
    for (const fact of facts) requestIds.add(fact.requestId);
    for (const listener of this.listeners) {
      try {
        listener(requestIds);
      } catch (error) {
        this.logger.error({ err: error }, "a listener of the change feed failed");
      }
    }
  }
}
