/**
 * Load: fills a parcel with the rows of a slice: facts and raw events of what is new, dead letters of what is broken.
 *
 * Every event counts once: as fresh, as duplicate, or as dead. Of an event with some broken entries the good ones
 * become facts and the whole goes to dead letters; its id is not remembered and not stored among the raw events,
 * so that a redrive through a newer decoder is not taken for a duplicate.
 */
import { unwrapEvent } from "../core/envelope.ts";
import { After202Error, type ErrorCode } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { decodeEvent, type DecodedEvent } from "../core/mods-event.ts";
import type { DeliveryFault, SourcePath } from "../core/ports.ts";
import type { ScannedEvent } from "../core/results-scan.ts";
import { deadLetterOf, type DeadLetterInput } from "./dead-letter.ts";
import { readSlice, type SliceReader } from "./decode.ts";
import type { EventMemory } from "./event-memory.ts";
import { openParcel, pushAll, type Parcel } from "./parcel.ts";
import type { Slice } from "./slice.ts";

const MAX_REASONS = 5;

export interface LoadContext {
  readonly memory: EventMemory;
  readonly path: SourcePath;
  readonly source: string;
  readonly delivery: number;
  readonly recipientClientId: string | undefined;
  /** Set: the slice is not read, it is a dead letter. */
  readonly fault: DeliveryFault | undefined;
  /** Epoch milliseconds of arrival; stands in dead letters only. */
  readonly at: number;
  readonly rawBodies: boolean;
  readonly deadLetterBytes: number;
}

/** @throws After202Error RECIPIENT_MISMATCH if an event names another recipient; then nothing of the slice is kept */
export function loadParcel(slice: Slice, context: LoadContext): Parcel {
  const { path, source, delivery } = context;
  const parcel = openParcel(delivery, slice.bytes.length, { path, source, bytes: slice.bytes });
  try {
    const loader = new ParcelLoader(parcel, context);
    if (context.fault === undefined) readSlice(slice, path, loader);
    else loader.onBroken(context.fault.code, context.fault.reason, slice.bytes, 0);
  } catch (error) {
    context.memory.release(parcel.eventIds, delivery);
    throw error;
  }
  return parcel;
}

class ParcelLoader implements SliceReader {
  private readonly parcel: Parcel;
  private readonly context: LoadContext;

  constructor(parcel: Parcel, context: LoadContext) {
    this.parcel = parcel;
    this.context = context;
  }

  onScanned(event: ScannedEvent, bytes: Buffer): void {
    this.checkRecipient(event.recipientClientId);
    this.parcel.read++;
    if (!this.admit(event.eventId, event.time)) return;
    const { eventId, time, instance, results, from, until } = event;
    const { path, source, rawBodies } = this.context;
    const body = rawBodies ? bytes.subarray(from, until) : "";
    this.parcel.rows.events.push({ eventId, type: "results", time, instance, body, path, source, results });
  }

  onEvent(envelope: unknown, text: string | undefined, line: number, index: number): void {
    const decoded = decodeEvent(envelope);
    this.checkRecipient(decoded.recipientClientId);
    this.parcel.read++;
    if (decoded.faults.length === 0) {
      this.addEvent(decoded, envelope, text);
      return;
    }
    this.addRows(decoded);
    const body = text ?? textOfEvent(envelope);
    this.addDeadLetter({
      code: decoded.faults[0]?.code ?? "EVENT_INVALID",
      reason: placeOf(line, index) + describeFaults(decoded.faults),
      eventId: decoded.eventId,
      body,
      identity: textOfEvent(envelope),
    });
  }

  onBroken(code: ErrorCode, reason: string, body: string | Uint8Array, line: number): void {
    this.parcel.read++;
    this.addDeadLetter({ code, reason: placeOf(line, -1) + reason, eventId: "", body });
  }

  private addEvent(decoded: DecodedEvent, envelope: unknown, text: string | undefined): void {
    const { path, source, rawBodies } = this.context;
    const { eventId, type, time, instance } = decoded;
    if (!this.admit(eventId, time)) return;
    this.addRows(decoded);
    const body = rawBodies ? (text ?? textOfEvent(envelope)) : "";
    this.parcel.rows.events.push({ eventId, type, time, instance, body, path, source });
  }

  /** Counts the event. @returns whether its rows are to be stored */
  private admit(eventId: string, time: number): boolean {
    const { memory, delivery, path, source } = this.context;
    const acquaintance = memory.admit(eventId, delivery);
    if (acquaintance === "fresh") this.parcel.fresh++;
    else this.parcel.duplicate++;
    if (acquaintance === "stored" && path !== "replay" && !memory.isSighted(eventId, path, source)) {
      this.parcel.rows.sightings.push({ eventId, time, path, source });
    }
    if (acquaintance === "stored" || acquaintance === "repeated") return false;
    this.parcel.eventIds.push(eventId);
    return true;
  }

  private addRows(decoded: DecodedEvent): void {
    const { rows } = this.parcel;
    pushAll(rows.facts, decoded.facts);
    if (decoded.metrics.length > 0) pushAll(rows.metrics, decoded.metrics);
    if (decoded.statuses.length > 0) pushAll(rows.statuses, decoded.statuses);
  }

  private addDeadLetter(input: DeadLetterInput): void {
    this.parcel.dead++;
    this.parcel.rows.deadLetters.push(deadLetterOf(input, this.context, this.context.deadLetterBytes));
  }

  private checkRecipient(named: string | undefined): void {
    const wanted = this.context.recipientClientId;
    if (wanted === undefined || named === undefined || named === wanted) return;
    throw new After202Error(
      "RECIPIENT_MISMATCH",
      `An event is meant for client id "${named.slice(0, 80)}"; nothing of its delivery was taken.`,
    );
  }
}

/** The CloudEvent's own text, without its envelope, unless only the envelope knows the event's id. */
function textOfEvent(envelope: unknown): string {
  const { event } = unwrapEvent(envelope);
  return JSON.stringify(isObject(event) && typeof event["id"] === "string" ? event : envelope) ?? "";
}

function placeOf(line: number, index: number): string {
  const where = index < 0 ? "" : `events[${index}]: `;
  return line > 0 ? `line ${line}: ${where}` : where;
}

function describeFaults(faults: readonly After202Error[]): string {
  const told = faults.slice(0, MAX_REASONS).map((fault) => fault.message);
  if (faults.length > MAX_REASONS) told.push(`And ${faults.length - MAX_REASONS} more faults.`);
  return told.join(" ");
}
