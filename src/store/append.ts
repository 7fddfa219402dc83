/**
 * Appending a batch: every kind of row into its table, raw events last.
 *
 * Events go last so that an event that is known to the store has its facts there too. Repeating a batch, whole or in
 * part, changes nothing: each table drops what it holds already.
 */
import type { Fact } from "../core/fact.ts";
import { encodeFact, FACT_COLUMNS } from "../core/fact-row.ts";
import type { DeadLetter, FactWriter, RawEvent, Sighting, StoreBatch } from "../core/ports.ts";
import { rowPieces } from "../core/result-rows.ts";
import { RowWriter } from "../core/row-writer.ts";
import type { StreamMetric } from "../core/stream-metric.ts";
import type { StreamStatus } from "../core/stream-status.ts";
import type { LinkKey } from "../core/submission.ts";
import type { StoreClient } from "./client.ts";
import { countColumns, joinRows, quote } from "./row-text.ts";

interface TableRows<Row> {
  readonly table: string;
  readonly columns: readonly string[];
  encode(row: Row): string;
}

const METRICS: TableRows<StreamMetric> = {
  table: "stream_metrics",
  columns: [
    "event_id",
    "instance",
    "window_start",
    "window_end",
    "object_type",
    "priority",
    "received",
    "created",
    "updated",
    "failed_codes",
    "failed_counts",
  ],
  encode: (row) =>
    `[${quote(row.eventId)},${quote(row.instance)},${row.windowStart},${row.windowEnd},${quote(row.objectType)},` +
    `${quote(row.priority)},${row.received},${row.created},${row.updated},${countColumns(row.failed)}]`,
};

const STATUSES: TableRows<StreamStatus> = {
  table: "stream_status",
  columns: [
    "event_id",
    "instance",
    "at",
    "quota",
    "priority",
    "lag_seconds",
    "request_backlog",
    "record_backlog",
  ],
  encode: (row) =>
    `[${quote(row.eventId)},${quote(row.instance)},${row.at},${row.quota},${quote(row.priority)},${row.lagSeconds},` +
    `${row.requestBacklog},${row.recordBacklog}]`,
};

const LINK_KEYS: TableRows<LinkKey> = {
  table: "link_digests",
  columns: ["digest", "role", "request_id", "at", "instance", "accepted"],
  encode: (row) =>
    `[${quote(row.digest)},"${row.role}",${quote(row.requestId)},${row.at},${quote(row.instance)},${Number(row.accepted)}]`,
};

/** A result that did nothing but fail, of a request that is not of custom objects. */
interface FruitlessRequest {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const FRUITLESS: TableRows<FruitlessRequest> = {
  table: "fruitless_requests",
  columns: ["request_id", "at"],
  encode: (row) => `[${quote(row.requestId)},${row.at}]`,
};

function fruitlessOf({ facts, events }: StoreBatch): FruitlessRequest[] {
  const found: FruitlessRequest[] = facts.filter(isFruitless);
  for (const { results, time } of events) {
    for (const requestId of results?.fruitless ?? []) found.push({ requestId, at: time });
  }
  return found;
}

function isUnanswered(fact: Fact): boolean {
  return fact.kind === "submission" && fact.httpStatus === null;
}

/** Whether it may be that none of the request's persons got in. */
function isFruitless(fact: Fact): boolean {
  if (fact.kind !== "result" || fact.created + fact.updated > 0) return false;
  if (fact.objectType === "customObject") return false;
  return fact.failed.size > 0;
}

const DEAD_LETTERS: TableRows<DeadLetter> = {
  table: "dead_letters",
  columns: [
    "dead_letter_id",
    "at",
    "path",
    "source",
    "code",
    "reason",
    "event_id",
    "body",
    "encoding",
    "discarded",
    "changed_at",
  ],
  encode: (row) =>
    `[${quote(row.deadLetterId)},${row.at},"${row.path}",${quote(row.source)},"${row.code}",${quote(row.reason)},` +
    `${quote(row.eventId)},${quote(row.body)},"${row.encoding}",0,${row.at}]`,
};

const EVENT_COLUMNS = ["event_id", "type", "time", "instance", "body", "path", "source"];

/** About what a raw event takes besides its body. */
const EVENT_BYTES = 160;

function encodeEvents(events: readonly RawEvent[]): Uint8Array[] {
  if (events.length === 0) return [];
  const rows = new RowWriter(events.reduce((bytes, { body }) => bytes + body.length + EVENT_BYTES, 0));
  for (const { eventId, type, time, instance, body, path, source } of events) {
    rows.string(eventId);
    rows.string(type);
    rows.reserve(8);
    rows.int64(time);
    rows.string(instance);
    if (typeof body === "string") rows.string(body);
    else rows.blob(body);
    rows.string(path);
    rows.string(source);
  }
  return [rows.written()];
}

/** Those of an event's first source are made from its row, by a view. */
const SIGHTINGS: TableRows<Sighting> = {
  table: "sightings",
  columns: ["minute", "event_id", "path", "source"],
  encode: (row) =>
    `[${Math.floor(row.time / 60_000) * 60},${quote(row.eventId)},"${row.path}",${quote(row.source)}]`,
};

function factPieces({ facts, events }: StoreBatch): Uint8Array[] {
  const pieces = [...rowPieces(events.flatMap(({ results }) => results ?? []))];
  if (facts.length > 0) {
    const rows = new RowWriter(facts.length * 512);
    for (const fact of facts) encodeFact(fact, rows);
    pieces.push(rows.written());
  }
  return pieces;
}

/** @param onUnanswered called when a submission without a response may have been stored */
export function createFactWriter(client: StoreClient, onUnanswered: () => void): FactWriter {
  async function insert<Row>(into: TableRows<Row>, rows: readonly Row[]): Promise<void> {
    if (rows.length > 0) await client.insert(into.table, into.columns, joinRows(rows, into.encode));
  }
  return {
    async append(batch: StoreBatch): Promise<void> {
      try {
        await client.insertRows("incoming_facts", Object.keys(FACT_COLUMNS), factPieces(batch));
      } finally {
        if (batch.facts.some(isUnanswered)) onUnanswered();
      }
      await insert(FRUITLESS, fruitlessOf(batch));
      await insert(LINK_KEYS, batch.linkKeys);
      await insert(METRICS, batch.metrics);
      await insert(STATUSES, batch.statuses);
      await insert(DEAD_LETTERS, batch.deadLetters);
      await client.insertRows("events", EVENT_COLUMNS, encodeEvents(batch.events));
      await insert(SIGHTINGS, batch.sightings);
    },
    async knownEventIds(eventIds: readonly string[]): Promise<Set<string>> {
      if (eventIds.length === 0) return new Set();
      const rows = await client.query<{ event_id: string }>(
        "SELECT DISTINCT event_id FROM events WHERE event_id IN {ids:Array(String)}",
        { ids: eventIds },
      );
      return new Set(rows.map((row) => row.event_id));
    },
  };
}
