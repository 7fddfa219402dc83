/**
 * A parcel: the rows of one delivery, or of one slice of a long one, on their way into the store together.
 */
import type { Fact } from "../core/fact.ts";
import type { DeadLetter, RawEvent, Sighting, SourcePath, StoreBatch } from "../core/ports.ts";
import type { StreamMetric } from "../core/stream-metric.ts";
import type { StreamStatus } from "../core/stream-status.ts";
import type { LinkKey } from "../core/submission.ts";

/** What a parcel was made from: becomes its dead letter if the store refuses the rows for good. */
export interface ParcelOrigin {
  readonly path: SourcePath;
  readonly source: string;
  readonly bytes: Uint8Array;
}

export interface Rows {
  readonly facts: Fact[];
  readonly events: RawEvent[];
  readonly sightings: Sighting[];
  readonly metrics: StreamMetric[];
  readonly statuses: StreamStatus[];
  readonly deadLetters: DeadLetter[];
  readonly linkKeys: LinkKey[];
}

export interface Parcel {
  readonly rows: Rows;
  /** Number of the delivery, unique in the process. */
  readonly delivery: number;
  /** Ids of the events whose rows it carries in full. */
  eventIds: string[];
  read: number;
  fresh: number;
  duplicate: number;
  dead: number;
  readonly bytes: number;
  /** Absent for facts that were made here. */
  readonly origin: ParcelOrigin | undefined;
}

export function openRows(): Rows {
  return { facts: [], events: [], sightings: [], metrics: [], statuses: [], deadLetters: [], linkKeys: [] };
}

export function openParcel(delivery: number, bytes: number, origin: ParcelOrigin | undefined): Parcel {
  return {
    rows: openRows(),
    delivery,
    eventIds: [],
    read: 0,
    fresh: 0,
    duplicate: 0,
    dead: 0,
    bytes,
    origin,
  };
}

/** Rows by which a batch is measured: raw events weigh nothing on top of what was decoded from them. */
export function countRows(rows: StoreBatch): number {
  let decoded = rows.facts.length + rows.metrics.length + rows.statuses.length;
  for (const { results } of rows.events) decoded += results?.count ?? 0;
  const others = rows.sightings.length + rows.deadLetters.length + rows.linkKeys.length;
  return Math.max(decoded, rows.events.length) + others;
}

/** All rows of the parcels, in their order; a single parcel's rows are taken as they are. */
export function joinRows(parcels: readonly Parcel[]): StoreBatch {
  const [first] = parcels;
  if (parcels.length === 1 && first !== undefined) return first.rows;
  const joined = openRows();
  for (const { rows } of parcels) {
    pushAll(joined.facts, rows.facts);
    pushAll(joined.events, rows.events);
    pushAll(joined.sightings, rows.sightings);
    pushAll(joined.metrics, rows.metrics);
    pushAll(joined.statuses, rows.statuses);
    pushAll(joined.deadLetters, rows.deadLetters);
    pushAll(joined.linkKeys, rows.linkKeys);
  }
  return joined;
}

/** A loop, for `push(...many)` overflows the stack. */
export function pushAll<T>(target: T[], items: readonly T[]): void {
  for (const item of items) target.push(item);
}
