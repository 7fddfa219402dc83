/**
 * Metrics events: the stream's own hourly counts, by which our completeness is measured.
 */
import { readCount, readCounts, readObject, readTime } from "./field.ts";
import type { RecordCounts } from "./record-counts.ts";
import { isObject, type JsonObject } from "./json.ts";

/**
 * One line of a metrics event: records by object type and priority, or, with an empty object type, requests
 * (`created` then counts the processed ones, `failed` the rejected ones by code).
 */
export interface StreamMetric {
  readonly eventId: string;
  readonly instance: string;
  /** Epoch milliseconds, inclusive. */
  readonly windowStart: number;
  /** Epoch milliseconds, exclusive. */
  readonly windowEnd: number;
  readonly objectType: string;
  readonly priority: string;
  readonly received: number;
  readonly created: number;
  readonly updated: number;
  readonly failed: RecordCounts;
}

export function decodeMetrics(
  eventId: string,
  time: number,
  instance: string,
  data: JsonObject,
): StreamMetric[] {
  const base = {
    eventId,
    instance,
    windowStart: readTime(data["windowStart"], "data.windowStart"),
    windowEnd: time,
  };
  const metrics: StreamMetric[] = [];
  if (data["requests"] !== undefined) {
    const requests = readObject(data["requests"], "data.requests");
    metrics.push({
      ...base,
      objectType: "",
      priority: "",
      received: readCount(requests["received"], "data.requests.received"),
      created: readCount(requests["processed"], "data.requests.processed"),
      updated: 0,
      failed: readCounts(requests["rejected"], "data.requests.rejected"),
    });
  }
  const byType = data["records"] === undefined ? {} : readObject(data["records"], "data.records");
  for (const objectType of Object.keys(byType)) {
    const byPriority = readObject(byType[objectType], `data.records.${objectType}`);
    for (const priority of Object.keys(byPriority)) {
      const counts = byPriority[priority];
      if (!isObject(counts)) continue;
      const path = `data.records.${objectType}.${priority}`;
      metrics.push({
        ...base,
        objectType,
        priority,
        received: readCount(counts["received"], `${path}.received`),
        created: readCount(counts["created"], `${path}.created`),
        updated: readCount(counts["updated"], `${path}.updated`),
        failed: readCounts(counts["failed"], `${path}.failed`),
      });
    }
  }
  return metrics;
}
