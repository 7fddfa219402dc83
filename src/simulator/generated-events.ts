/**
 * Results events by the thousand, of requests that were never submitted: for benchmarks, replays and full journals.
 *
 * Every request succeeds completely in one event; ids depend on the seed only.
 */
import { SIMULATED } from "./options.ts";
import type { Random } from "./random.ts";
import { createEvent, type StreamEvent } from "./stream/cloud-event.ts";

export interface GeneratedEventsOptions {
  readonly events: number;
  /** Default 10. */
  readonly requestsPerEvent?: number;
  /** Time of the first event; each next one is 10 ms later. */
  readonly startMs: number;
}

export function* generateResultsEvents(
  random: Random,
  options: GeneratedEventsOptions,
): Generator<StreamEvent> {
  const requestsPerEvent = options.requestsPerEvent ?? 10;
  for (let index = 0; index < options.events; index++) {
    const atMs = options.startMs + index * 10;
    const requestTime = new Date(atMs - 30_000).toISOString();
    const requests = Array.from({ length: requestsPerEvent }, () => {
      const created = random.integer(101);
      return {
        requestId: random.uuid(),
        requestTime,
        clientId: "sim-user@marketo.example",
        correlationId: `preload/${Math.floor(index / 100)}`,
        requestSource: "backfill",
        objectType: "person",
        priority: "normal",
        records: { received: 100, created, updated: 100 - created, failed: {} },
      };
    });
    const data = { munchkinId: SIMULATED.instance, requests };
    yield createEvent("results", random.uuid(), new Date(atMs).toISOString(), data, random);
  }
}
