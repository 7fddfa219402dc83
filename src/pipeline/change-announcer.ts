/**
 * Tells subscribers which requests have new facts, once these are durable.
 */
import type { ChangeFeed, Logger, StoreBatch } from "../core/ports.ts";
import { requestIdsOf } from "../core/result-rows.ts";

type Listener = Parameters<ChangeFeed["subscribe"]>[0];

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
  announce(rows: Pick<StoreBatch, "facts" | "events">): void {
    if (this.listeners.size === 0) return;
    if (rows.facts.length === 0 && !rows.events.some(({ results }) => results !== undefined)) return;
    let known: Set<string> | undefined;
    const requestIds = (): Set<string> => (known ??= requestsOf(rows));
    for (const listener of this.listeners) {
      try {
        listener(requestIds);
      } catch (error) {
        this.logger.error({ err: error }, "a listener of the change feed failed");
      }
    }
  }
}

function requestsOf({ facts, events }: Pick<StoreBatch, "facts" | "events">): Set<string> {
  const requestIds = new Set<string>();
  for (const { requestId } of facts) requestIds.add(requestId);
  for (const { results } of events) {
    if (results !== undefined) for (const requestId of requestIdsOf(results)) requestIds.add(requestId);
  }
  return requestIds;
}
