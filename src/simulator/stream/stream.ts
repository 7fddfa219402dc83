/**
 * The stream: every event goes to every reader (journals, webhooks), unless a fault interferes.
 *
 * At least once and in no promised order, as Adobe delivers: events may come twice, late, or, as a fault that the
 * real stream should not have, never. Each event draws its faults from its own id, so timing cannot change them.
 */
import type { FaultPlan } from "../faults.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { TruthRow } from "../truth.ts";
import type { StreamEvent } from "./cloud-event.ts";
import { malformedEvent } from "./malformed.ts";

/** Whoever receives the stream. */
export interface StreamReader {
  append(event: StreamEvent): void;
}

interface PublishOptions {
  /** The requests whose results the event holds. */
  readonly truths?: readonly TruthRow[];
  readonly drop?: boolean;
  readonly duplicate?: boolean;
}

export interface StreamCounters {
  published: number;
  delivered: number;
  duplicated: number;
  delayed: number;
  dropped: number;
  malformed: number;
}

export interface Stream {
  readonly counters: Readonly<StreamCounters>;
  publish(event: StreamEvent, options?: PublishOptions): void;
  /** Delivers at once and untouched by faults. */
  deliver(event: StreamEvent): void;
  addReader(reader: StreamReader): void;
  removeReader(reader: StreamReader): void;
  /** Deliveries that are still to come: delayed events and later duplicates. */
  pending(): number;
}

export function createStream(parts: {
  readonly faults: FaultPlan;
  readonly scheduler: Scheduler;
  readonly random: Random;
}): Stream {
  const { faults, scheduler, random } = parts;
  const readers = new Set<StreamReader>();
  const counters = { published: 0, delivered: 0, duplicated: 0, delayed: 0, dropped: 0, malformed: 0 };
  let pending = 0;

  function deliver(event: StreamEvent): void {
    counters.delivered += 1;
    for (const reader of readers) reader.append(event);
  }

  function deliverAfter(simulatedMs: number, event: StreamEvent): void {
    pending += 1;
    scheduler.after(simulatedMs, () => {
      pending -= 1;
      deliver(event);
    });
  }

  function publish(event: StreamEvent, options: PublishOptions = {}): void {
    const settings = faults.settings.stream;
    const sequence = random.fork(event.id);
    counters.published += 1;
    const dropped = sequence.chance(settings.dropRate) || options.drop === true;
    const delayMs = sequence.chance(settings.delayRate) ? sequence.next() * settings.delayWithinMs : 0;
    const duplicated = sequence.chance(settings.duplicateRate) || options.duplicate === true;
    const duplicateAfterMs = sequence.next() * settings.duplicateWithinMs;
    const malformed = sequence.chance(settings.malformedRate);

    if (malformed) {
      counters.malformed += 1;
      deliver(malformedEvent(sequence));
    }
    if (dropped) {
      counters.dropped += 1;
      for (const truth of new Set(options.truths)) truth.dropped += 1;
      return;
    }
    if (delayMs > 0) {
      counters.delayed += 1;
      deliverAfter(delayMs, event);
    } else {
      deliver(event);
    }
    if (duplicated) {
      counters.duplicated += 1;
      deliverAfter(delayMs + duplicateAfterMs, event);
    }
  }

  return {
    counters,
    publish,
    deliver,
    addReader: (reader) => void readers.add(reader),
    removeReader: (reader) => void readers.delete(reader),
    pending: () => pending,
  };
}
