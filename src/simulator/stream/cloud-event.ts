/**
 * CloudEvents of the Marketo Observability Data Stream, as Adobe hands them on.
 *
 * Adobe adds its own delivery fields: the new pair of names, the old pair, or both.
 */
import { SIMULATED } from "../options.ts";
import type { Random } from "../random.ts";

export type EventType = "results" | "metrics" | "status";

/** An event on its way to the readers: its JSON text is made once and shared by all of them. */
export interface StreamEvent {
  /** The CloudEvents id, the event's identity. */
  readonly id: string;
  /** Adobe's own delivery id. */
  readonly deliveryId: string;
  readonly type: string;
  readonly text: string;
  readonly bytes: number;
}

const TYPE_PREFIX = "com.adobe.platform.marketo.observability.";
export const RESULTS_TYPE = `${TYPE_PREFIX}results`;

/** @param data the event's `data` object */
export function createEvent(
  type: EventType,
  id: string,
  time: string,
  data: object,
  random: Random,
): StreamEvent {
  const event = {
    id,
    specversion: "1.0",
    type: TYPE_PREFIX + type,
    source: "urn:data_ingestion_service",
    time,
    datacontenttype: "application/json",
    data,
  };
  return seal(event, random);
}

/** Adds Adobe's delivery fields to any event object and makes its text. */
export function seal(event: object, random: Random): StreamEvent {
  const deliveryId = random.uuid();
  const names = random.next();
  const newNames = { eventid: deliveryId, recipientclientid: SIMULATED.clientId };
  const oldNames = { event_id: deliveryId, recipient_client_id: SIMULATED.clientId };
  const text = JSON.stringify({
    ...event,
    ...(names < 0.9 ? newNames : {}),
    ...(names >= 0.5 ? oldNames : {}),
  });
  const { id, type } = event as { id?: unknown; type?: unknown };
  return {
    id: typeof id === "string" ? id : deliveryId,
    deliveryId,
    type: typeof type === "string" ? type : "unknown",
    text,
    bytes: Buffer.byteLength(text),
  };
}

/** An event of exactly this text, which need not be JSON: such an event spoils the page or batch that holds it. */
export function rawEvent(text: string, random: Random): StreamEvent {
  const id = random.uuid();
  return { id, deliveryId: id, type: "raw", text, bytes: Buffer.byteLength(text) };
}
