/**
 * The stream: every event goes to every reader (journals, webhooks, relay), by the reader's path, unless a fault interferes.
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
import {
  createPathLine,
  type PathCounts,
  type PathLine,
  STREAM_PATHS,
  type StreamPath,
  type StreamReader,
} from "./paths.ts";

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
  addReader(reader: StreamReader, path: StreamPath): void;
  removeReader(reader: StreamReader): void;
  paths(): Record<StreamPath, PathCounts>;
  /** Deliveries that are still to come: delayed events and later duplicates. */
  pending(): number;
}

export function createStream(parts: {
  readonly faults: FaultPlan;
  readonly scheduler: Scheduler;
  readonly random: Random;
}): Stream {
  const { faults, scheduler, random } = parts;
  const lines = new Map(
    STREAM_PATHS.map((path): [StreamPath, PathLine] => [
      path,
      createPathLine(() => faults.settings.paths[path], scheduler, random.fork(`path/${path}`)),
    ]),
  );
  const counters = { published: 0, delivered: 0, duplicated: 0, delayed: 0, dropped: 0, malformed: 0 };
  let pending = 0;

  function deliver(event: StreamEvent): void {
    counters.delivered += 1;
    for (const line of lines.values()) line.deliver(event);
  }

  function carry(event: StreamEvent, again: boolean): void {
    counters.delivered += 1;
    for (const line of lines.values()) line.carry(event, again);
  }

  function carryAfter(simulatedMs: number, event: StreamEvent, again: boolean): void {
    pending += 1;
    scheduler.after(simulatedMs, () => {
      pending -= 1;
      carry(event, again);
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
      carryAfter(delayMs, event, false);
    } else {
      carry(event, false);
    }
    if (duplicated) {
      counters.duplicated += 1;
      carryAfter(delayMs + duplicateAfterMs, event, true);
    }
  }

  return {
    counters,
    publish,
    deliver,
    addReader: (reader, path) => void lines.get(path)?.readers.add(reader),
    removeReader(reader) {
      for (const line of lines.values()) line.readers.delete(reader);
    },
    paths: () =>
      Object.fromEntries([...lines].map(([path, line]) => [path, line.counts()])) as Record<
        StreamPath,
        PathCounts
      >,
    pending: () => [...lines.values()].reduce((sum, line) => sum + line.pending(), pending),
  };
}
