/**
 * Status events: what is left of the daily quota, and how far the service's queues lag behind.
 */
import { readCount, readObject } from "./field.ts";
import { isObject, type JsonObject } from "./json.ts";

/** One queue's standing at one time; `quota` is the instance's, repeated on each of its queues. */
export interface StreamStatus {
  readonly eventId: string;
  readonly instance: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Records left of the daily quota; null when the event does not say. */
  readonly quota: number | null;
  /** Name of the queue (`high`, `normal`); "" when the event names none. */
  readonly priority: string;
  readonly lagSeconds: number;
  readonly requestBacklog: number;
  readonly recordBacklog: number;
}

export function decodeStatus(
  eventId: string,
  time: number,
  instance: string,
  data: JsonObject,
): StreamStatus[] {
  const quota = readQuota(data["quota"]);
  const queues = data["queue"] === undefined ? {} : readObject(data["queue"], "data.queue");
  const base = { eventId, instance, at: time, quota };
  const statuses = Object.keys(queues).map((priority) => {
    const queue = readObject(queues[priority], `data.queue.${priority}`);
    const path = `data.queue.${priority}`;
    return {
      ...base,
      priority,
      lagSeconds: readCount(Math.ceil(Number(queue["lagSeconds"] ?? 0)), `${path}.lagSeconds`),
      requestBacklog: readCount(queue["requestBacklog"], `${path}.requestBacklog`),
      recordBacklog: readCount(queue["recordBacklog"], `${path}.recordBacklog`),
    };
  });
  if (statuses.length > 0) return statuses;
  return [{ ...base, priority: "", lagSeconds: 0, requestBacklog: 0, recordBacklog: 0 }];
}

/** The quota is a number in the documented sample; an object with the number in it is read as well. */
function readQuota(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (isObject(value)) return readQuota(value["remaining"] ?? value["left"] ?? value["records"]);
  return readCount(value, "data.quota");
}
