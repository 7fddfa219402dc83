/**
 * Results events: entries of several requests wait a moment to share one event, per Marketo instance.
 *
 * A request processed in chunks therefore has its results spread over several events, and may occur twice in one.
 */
import type { ResultsSettings } from "../options.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { TruthRow } from "../truth.ts";
import { createEvent } from "./cloud-event.ts";
import type { Stream } from "./stream.ts";

export interface ResultsEntry {
  readonly truth: TruthRow;
  readonly requestTimeMs: number;
  /** The id the event gets if this is its first entry. */
  readonly eventId: string;
  readonly records: {
    received: number;
    created: number;
    updated: number;
    failed: Record<string, number>;
  };
  /** Told by directives: never deliver the event, or deliver it twice. Such an entry travels alone. */
  readonly drop: boolean;
  readonly duplicate: boolean;
}

export interface ResultsOutbox {
  add(entry: ResultsEntry): void;
  pending(): number;
}

export interface ResultsOutboxParts {
  readonly settings: ResultsSettings;
  readonly clientId: string;
  readonly scheduler: Scheduler;
  readonly stream: Stream;
  readonly random: Random;
  /** Told of every entry that goes out, for the metrics. */
  onEntry(entry: ResultsEntry): void;
}

export function createResultsOutbox(parts: ResultsOutboxParts): ResultsOutbox {
  const { settings, scheduler, stream, random } = parts;
  const buffers = new Map<string, ResultsEntry[]>();

  function add(entry: ResultsEntry): void {
    parts.onEntry(entry);
    if (entry.drop || entry.duplicate) {
      emit(entry.truth.instance, [entry]);
      return;
    }
    const { instance } = entry.truth;
    let buffer = buffers.get(instance);
    if (buffer === undefined) {
      buffer = [];
      buffers.set(instance, buffer);
      const mine = buffer;
      scheduler.after(settings.flushMs, () => {
        if (buffers.get(instance) === mine) flush(instance);
      });
    }
    buffer.push(entry);
    if (buffer.length >= settings.maxRequestsPerEvent) flush(instance);
  }

  function flush(instance: string): void {
    const entries = buffers.get(instance) ?? [];
    buffers.delete(instance);
    emit(instance, entries);
  }

  function emit(instance: string, entries: readonly ResultsEntry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const requests = entries.map(({ truth, requestTimeMs, records }) => ({
      requestId: truth.requestId,
      requestTime: formatTime(requestTimeMs, settings.timePrecision),
      clientId: parts.clientId,
      correlationId: truth.correlationId,
      requestSource: truth.requestSource,
      objectType: truth.objectType,
      priority: truth.priority,
      records,
    }));
    const event = createEvent(
      "results",
      first.eventId,
      formatTime(Date.now(), settings.timePrecision),
      { munchkinId: instance, requests },
      random.fork(first.eventId),
    );
    for (const { truth } of entries) {
      if (!truth.eventIds.includes(event.id)) truth.eventIds.push(event.id);
    }
    stream.publish(event, {
      truths: entries.map(({ truth }) => truth),
      drop: first.drop,
      duplicate: first.duplicate,
    });
  }

  return {
    add,
    pending: () => [...buffers.values()].reduce((sum, entries) => sum + entries.length, 0),
  };
}

/** RFC 3339 in UTC. */
function formatTime(atMs: number, precision: ResultsSettings["timePrecision"]): string {
  const text = new Date(atMs).toISOString();
  return precision === "seconds" ? text.replace(/\.\d{3}Z$/, "Z") : text;
}
