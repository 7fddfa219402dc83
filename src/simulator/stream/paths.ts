/**
 * The paths by which the stream reaches its readers, each with its own losses, duplicates and disorder.
 *
 * What happens to an event on a path is drawn from the path's and the event's own names: neither timing nor what other
 * paths do can change it, and an event that comes twice is withheld twice.
 */
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { StreamEvent } from "./cloud-event.ts";

export const STREAM_PATHS = ["journal", "webhook", "sse", "websocket"] as const;
export type StreamPath = (typeof STREAM_PATHS)[number];

/** Whoever receives the stream. */
export interface StreamReader {
  append(event: StreamEvent): void;
}

export interface PathFaults {
  /** The event never comes by this path. */
  dropRate: number;
  /** It comes once more, from at once to `duplicateWithinMs` (simulated) later. */
  duplicateRate: number;
  duplicateWithinMs: number;
  /** Disorder: it is held back for up to `delayWithinMs` (simulated). */
  delayRate: number;
  delayWithinMs: number;
}

/** Distinct events, but for `duplicated` and `delayed`. */
export interface PathCounts {
  /** Those that were to come by this path. */
  readonly events: number;
  /** Those of them that never do. */
  readonly withheld: number;
  readonly duplicated: number;
  readonly delayed: number;
}

export interface PathLine {
  readonly readers: Set<StreamReader>;
  /** @param again it has come before, and is not counted another time */
  carry(event: StreamEvent, again: boolean): void;
  /** Untouched by faults, and not counted. */
  deliver(event: StreamEvent): void;
  counts(): PathCounts;
  pending(): number;
}

export function pathDefaults(): PathFaults {
  return { dropRate: 0, duplicateRate: 0, duplicateWithinMs: 600_000, delayRate: 0, delayWithinMs: 120_000 };
}

/** @param faults read anew for each event */
export function createPathLine(faults: () => PathFaults, scheduler: Scheduler, random: Random): PathLine {
  const readers = new Set<StreamReader>();
  const counts = { events: 0, withheld: 0, duplicated: 0, delayed: 0 };
  let pending = 0;

  function deliver(event: StreamEvent): void {
    for (const reader of readers) reader.append(event);
  }

  function deliverAfter(simulatedMs: number, event: StreamEvent): void {
    pending += 1;
    scheduler.after(simulatedMs, () => {
      pending -= 1;
      deliver(event);
    });
  }

  return {
    readers,
    deliver,
    carry(event, again) {
      const { dropRate, duplicateRate, duplicateWithinMs, delayRate, delayWithinMs } = faults();
      const sequence = random.fork(event.id);
      const dropped = sequence.chance(dropRate);
      const delayMs = sequence.chance(delayRate) ? sequence.next() * delayWithinMs : 0;
      const duplicated = sequence.chance(duplicateRate);
      const duplicateAfterMs = sequence.next() * duplicateWithinMs;
      if (!again) counts.events += 1;
      if (dropped) {
        if (!again) counts.withheld += 1;
        return;
      }
      if (delayMs > 0) {
        counts.delayed += 1;
        deliverAfter(delayMs, event);
      } else deliver(event);
      if (duplicated) {
        counts.duplicated += 1;
        deliverAfter(delayMs + duplicateAfterMs, event);
      }
    },
    counts: () => ({ ...counts }),
    pending: () => pending,
  };
}
