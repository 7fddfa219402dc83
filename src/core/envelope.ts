/**
 * Envelopes: the ways in which an event of the stream arrives, down to the CloudEvent itself.
 *
 * A journal page holds `events[].event`, a webhook a single event or an array, some streams nest it as
 * `event` or `event.body`, Amazon EventBridge delivers it, or a batch, under `detail`.
 */
import { isObject, type JsonObject } from "./json.ts";

const MAX_NESTING = 4;

/** @returns the items of a page, a batch or a single delivery, still in their envelopes */
export function listEnvelopes(payload: unknown): readonly unknown[] {
  if (Array.isArray(payload)) return payload;
  if (isObject(payload) && Array.isArray(payload["events"]) && !isCloudEvent(payload)) {
    return payload["events"];
  }
  if (isObject(payload) && Array.isArray(payload["detail"])) return payload["detail"];
  return [payload];
}

export interface Unwrapped {
  readonly event: unknown;
  /** The client id that the delivery is meant for, if any level says so. */
  readonly recipientClientId: string | undefined;
  /** The event's id as an outer level gives it, for events that lack their own. */
  readonly outerEventId: string | undefined;
}

export function unwrapEvent(envelope: unknown): Unwrapped {
  let event = envelope;
  let recipientClientId: string | undefined;
  let outerEventId: string | undefined;
  for (let level = 0; level < MAX_NESTING && isObject(event); level++) {
    recipientClientId ??= textOf(event, "recipientclientid") ?? textOf(event, "recipient_client_id");
    outerEventId ??= textOf(event, "eventid") ?? textOf(event, "event_id");
    const inner = innerOf(event);
    if (inner === undefined) break;
    event = inner;
  }
  return { event, recipientClientId, outerEventId };
}

function innerOf(envelope: JsonObject): unknown {
  if (isObject(envelope["detail"])) return envelope["detail"];
  if (isCloudEvent(envelope)) return undefined;
  if (isObject(envelope["event"])) return envelope["event"];
  if (isObject(envelope["body"])) return envelope["body"];
  return undefined;
}

function isCloudEvent(value: JsonObject): boolean {
  return typeof value["type"] === "string" && "data" in value;
}

function textOf(value: JsonObject, key: string): string | undefined {
  const text = value[key];
  return typeof text === "string" && text !== "" ? text : undefined;
}
