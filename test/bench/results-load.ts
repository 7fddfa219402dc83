/**
 * Results events by the thousand, as texts to send.
 */
import { generateResultsEvents } from "../../src/simulator/generated-events.ts";
import { createRandom } from "../../src/simulator/random.ts";

export interface EventTexts {
  readonly events: number;
  readonly requestsPerEvent: number;
  /** Differs between loads that are to have different ids. */
  readonly seed: string;
}

/** JSON texts, of requests that began within the last minutes. */
export function eventTexts({ events, requestsPerEvent, seed }: EventTexts): string[] {
  const startMs = Date.now() - events * 10;
  const generated = generateResultsEvents(createRandom(seed), { events, requestsPerEvent, startMs });
  return Array.from(generated, (event) => event.text);
}

/** Cut into arrays of so many events each: bodies of a batch. */
export function batchBodies(texts: readonly string[], eventsPerBatch: number): string[] {
  const bodies: string[] = [];
  for (let from = 0; from < texts.length; from += eventsPerBatch) {
    bodies.push(`[${texts.slice(from, from + eventsPerBatch).join(",")}]`);
  }
  return bodies;
}
