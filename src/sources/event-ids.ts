/**
 * The ids of the events in a message: what its relay knows them by.
 */
import { listEnvelopes, unwrapEvent } from "../core/envelope.ts";
import { isObject } from "../core/json.ts";

/** @returns none for a message that is not JSON */
export function eventIdsOf(message: Buffer): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message.toString("utf8"));
  } catch {
    return [];
  }
  const ids: string[] = [];
  for (const envelope of listEnvelopes(parsed)) {
    const { event, outerEventId } = unwrapEvent(envelope);
    const id = isObject(event) && typeof event["id"] === "string" ? event["id"] : outerEventId;
    if (id !== undefined) ids.push(id);
  }
  return ids;
}
