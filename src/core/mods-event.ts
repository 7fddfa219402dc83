/**
 * Decoding of the three event types of the Marketo Observability Data Stream.
 *
 * Tolerant of unknown fields, object types and codes; strict about what the fold needs. One broken entry of a
 * results event does not take the others with it: it becomes a fault, they become facts.
 */
import { After202Error } from "./errors.ts";
import { unwrapEvent } from "./envelope.ts";
import { DECODER_VERSION, type ResultFact, resultFactId, T0_RANK } from "./fact.ts";
import { invalid, readCount, readCounts, readId, readObject, readText, readTime } from "./field.ts";
import type { JsonObject } from "./json.ts";
import { decodeMetrics, type StreamMetric } from "./stream-metric.ts";
import { decodeStatus, type StreamStatus } from "./stream-status.ts";
import { total } from "./record-counts.ts";

export interface DecodedEvent {
  readonly eventId: string;
  readonly type: EventType | "";
  /** Epoch milliseconds; 0 when the event has no readable time. */
  readonly time: number;
  readonly instance: string;
  readonly recipientClientId: string | undefined;
  readonly facts: readonly ResultFact[];
  readonly metrics: readonly StreamMetric[];
  readonly statuses: readonly StreamStatus[];
  /** What could not be read, each with its place; empty when all was. */
  readonly faults: readonly After202Error[];
}

export type EventType = "results" | "metrics" | "status";

const TYPE = /\.observability\.(results|metrics|status)$/;

/** Decodes one event, in whatever envelope; never throws, faults are part of the answer. */
export function decodeEvent(envelope: unknown): DecodedEvent {
  const { event: unwrapped, recipientClientId, outerEventId } = unwrapEvent(envelope);
  const decoded = {
    eventId: outerEventId ?? "",
    type: "" as EventType | "",
    time: 0,
    instance: "",
    recipientClientId,
    facts: [] as readonly ResultFact[],
    metrics: [] as readonly StreamMetric[],
    statuses: [] as readonly StreamStatus[],
    faults: [] as After202Error[],
  };
  try {
    const event = readObject(unwrapped, "event");
    decoded.eventId = readId(event["id"] ?? outerEventId, "id");
    decoded.type = readType(event["type"]);
    decoded.time = readTime(event["time"], "time");
    const data = readObject(event["data"], "data");
    decoded.instance = readText(data["munchkinId"], "data.munchkinId");
    if (decoded.type === "results") {
      decoded.facts = decodeResults(decoded.eventId, decoded.time, decoded.instance, data, decoded.faults);
    } else if (decoded.type === "metrics") {
      decoded.metrics = decodeMetrics(decoded.eventId, decoded.time, decoded.instance, data);
    } else {
      decoded.statuses = decodeStatus(decoded.eventId, decoded.time, decoded.instance, data);
    }
  } catch (error) {
    decoded.faults.push(asFault(error));
  }
  return decoded;
}

function readType(value: unknown): EventType {
  const type = readId(value, "type");
  const match = TYPE.exec(type);
  if (match === null) {
    throw new After202Error(
      "EVENT_TYPE_UNKNOWN",
      `type: "${type.slice(0, 120)}" is not one of the stream's.`,
      { details: { path: "type" } },
    );
  }
  return match[1] as EventType;
}

function decodeResults(
  eventId: string,
  time: number,
  instance: string,
  data: JsonObject,
  faults: After202Error[],
): ResultFact[] {
  const requests = data["requests"];
  if (!Array.isArray(requests)) throw invalid("data.requests", "an array", requests);
  const facts: ResultFact[] = [];
  const seen = requests.length > 1 ? new Map<string, number>() : undefined;
  for (let i = 0; i < requests.length; i++) {
    try {
      const request = readObject(requests[i], `data.requests[${i}]`);
      const requestId = readId(request["requestId"], `data.requests[${i}].requestId`);
      const ordinal = seen?.get(requestId) ?? 0;
      seen?.set(requestId, ordinal + 1);
      facts.push(
        decodeResult({ eventId, time, instance, ordinal, requestId }, request, `data.requests[${i}]`),
      );
    } catch (error) {
      faults.push(asFault(error));
    }
  }
  return facts;
}

interface ResultContext {
  readonly eventId: string;
  readonly time: number;
  readonly instance: string;
  readonly ordinal: number;
  readonly requestId: string;
}

function decodeResult(context: ResultContext, request: JsonObject, path: string): ResultFact {
  const records = readObject(request["records"], `${path}.records`);
  const created = readCount(records["created"], `${path}.records.created`);
  const updated = readCount(records["updated"], `${path}.records.updated`);
  const failed = readCounts(records["failed"], `${path}.records.failed`);
  const accounted = created + updated + total(failed);
  const received =
    records["received"] === undefined
      ? accounted
      : readCount(records["received"], `${path}.records.received`);
  if (received === 0 && records["received"] === undefined) {
    throw invalid(`${path}.records`, "counts of records", records);
  }
  const hasTime = request["requestTime"] !== undefined && request["requestTime"] !== null;
  return {
    kind: "result",
    requestId: context.requestId,
    factId: resultFactId(context.eventId, context.requestId, context.ordinal),
    version: DECODER_VERSION,
    at: context.time,
    t0: hasTime ? readTime(request["requestTime"], `${path}.requestTime`) : context.time,
    t0Rank: hasTime ? T0_RANK.requestTime : T0_RANK.eventTime,
    target: "marketo",
    instance: context.instance,
    objectType: readText(request["objectType"], `${path}.objectType`),
    objectName: readText(request["objectName"], `${path}.objectName`),
    operation: readText(request["operation"], `${path}.operation`),
    priority: readText(request["priority"], `${path}.priority`),
    clientId: readText(request["clientId"], `${path}.clientId`),
    correlationId: readText(request["correlationId"], `${path}.correlationId`),
    requestSource: readText(request["requestSource"], `${path}.requestSource`),
    eventId: context.eventId,
    received,
    created,
    updated,
    failed,
  };
}

function asFault(error: unknown): After202Error {
  if (error instanceof After202Error) return error;
  return new After202Error("EVENT_INVALID", `The event could not be decoded: ${String(error)}`, {
    cause: error,
  });
}
