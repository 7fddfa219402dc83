/**
 * A store in memory for tests of the pipeline: counts appends, can be held, made to fail, or refuse poisonous rows.
 */
import { After202Error } from "../../src/core/errors.ts";
import type { Fact } from "../../src/core/fact.ts";
import type { DeadLetter, FactWriter, RawEvent, StoreBatch } from "../../src/core/ports.ts";
import type { StreamMetric } from "../../src/core/stream-metric.ts";
import type { StreamStatus } from "../../src/core/stream-status.ts";
import { factsOfResults } from "../core/row-reader.ts";

export class MemoryStore implements FactWriter {
  /** By request id and fact id, as the real store keeps them. */
  readonly facts = new Map<string, Fact>();
  readonly events = new Map<string, RawEvent>();
  readonly metrics: StreamMetric[] = [];
  readonly statuses: StreamStatus[] = [];
  readonly deadLetters = new Map<string, DeadLetter>();
  readonly batches: StoreBatch[] = [];
  /** Appends that were begun, also those that failed. */
  attempts = 0;
  running = 0;
  mostRunning = 0;
  /** While set, every append fails with it. */
  away: Error | undefined;
  /** Appends with such a fact are refused for good. */
  poison: ((fact: Fact) => boolean) | undefined;
  refusesDeadLetters = false;
  private gate: Promise<void> | undefined;
  private openGate: () => void = () => undefined;

  /** Appends wait from now on. */
  hold(): void {
    this.gate = new Promise((resolve) => {
      this.openGate = resolve;
    });
  }

  letGo(): void {
    this.gate = undefined;
    this.openGate();
  }

  async append(batch: StoreBatch): Promise<void> {
    this.attempts++;
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      await this.gate;
      if (this.away !== undefined) throw this.away;
      if (this.poison !== undefined && factsOf(batch).some(this.poison)) throw refused();
      if (this.refusesDeadLetters && batch.deadLetters.length > 0) throw refused();
      this.keep(batch);
    } finally {
      this.running--;
    }
  }

  async knownEventIds(eventIds: readonly string[]): Promise<Set<string>> {
    if (this.away !== undefined) throw this.away;
    return new Set(eventIds.filter((id) => this.events.has(id)));
  }

  private keep(batch: StoreBatch): void {
    const facts = factsOf(batch);
    this.batches.push({ ...batch, facts });
    for (const fact of facts) this.facts.set(`${fact.requestId}/${fact.factId}`, fact);
    for (const event of batch.events) {
      const { body } = event;
      const text = typeof body === "string" ? body : Buffer.from(body).toString("utf8");
      this.events.set(event.eventId, { ...event, body: text });
    }
    for (const letter of batch.deadLetters) this.deadLetters.set(letter.deadLetterId, letter);
    this.metrics.push(...batch.metrics);
    this.statuses.push(...batch.statuses);
  }
}

/** However they came. */
function factsOf({ facts, events }: StoreBatch): Fact[] {
  return [...facts, ...factsOfResults(events.flatMap(({ results }) => results ?? []))];
}

export function storeAway(): After202Error {
  return new After202Error("STORE_UNAVAILABLE", "connection refused");
}

function refused(): After202Error {
  return new After202Error("STORE_QUERY_FAILED", "Code: 27. Cannot parse input");
}
