/**
 * Events that are valid JSON but that no decoder should accept as they are.
 *
 * They name requests and instances that exist nowhere, so that accepting a part of one cannot disturb a real count.
 */
import type { Random } from "../random.ts";
import { createEvent, seal, type StreamEvent } from "./cloud-event.ts";

export function malformedEvent(random: Random): StreamEvent {
  const id = random.uuid();
  const time = new Date().toISOString();
  const entry = {
    requestId: random.uuid(),
    requestTime: time,
    clientId: "malformed@marketo.example",
    correlationId: "",
    requestSource: "",
    objectType: "person",
    priority: "normal",
    records: { received: 1, created: 1, updated: 0, failed: {} },
  };
  const results = (request: unknown, munchkinId: unknown = "000-BAD-000"): StreamEvent =>
    createEvent("results", id, time, { munchkinId, requests: request }, random);

  const variants: (() => StreamEvent)[] = [
    () => results("not an array"),
    () => results([{ ...entry, requestId: 42 }]),
    () => results([{ ...entry, requestId: undefined }]),
    () => results([{ ...entry, records: null }]),
    () => results([{ ...entry, records: { received: "many", created: -1, updated: 1e308, failed: [] } }]),
    () => results([{ ...entry, requestTime: "yesterday" }]),
    () => results([entry], null),
    () =>
      seal({ id, specversion: "1.0", type: "com.adobe.platform.marketo.observability.unheard-of" }, random),
    () => seal({ specversion: "1.0", type: "com.adobe.platform.marketo.observability.results" }, random),
    () => seal({ id, specversion: "1.0", type: 7, time: 7, data: 7 }, random),
    () => createEvent("metrics", id, "not a time", { windowStart: [], requests: 1 }, random),
    () => createEvent("status", id, time, { munchkinId: "000-BAD-000", quota: "plenty", queue: [] }, random),
  ];
  return random.pick(variants)();
}
