/**
 * Raw events as they were stored, page by page: a day of storing at a time, in the order of their ids within.
 *
 * Day by day, since each page reads a granule of every part that may hold its ids: a day's parts are few.
 */
import type { EventHistory } from "../core/event-history.ts";
import type { StoreClient } from "./client.ts";
import { factsOf } from "./facts-of.ts";

const IN_RANGE = "ingested_at >= {since:DateTime('UTC')} AND ingested_at < {until:DateTime('UTC')}";

/** @param client one whose long questions hold up no short ones */
export function createEventHistory(client: StoreClient): EventHistory {
  return {
    async countStoredEvents(since, until) {
      const [row] = await client.query<{ events: string }>(
        `SELECT count() AS events FROM events WHERE ${IN_RANGE}`,
        { since: toSeconds(since), until: toSeconds(until) },
      );
      return Number(row?.events ?? 0);
    },
    async storedEvents(since, until, after, limit) {
      const rows = await client.query<{ event_id: string; body: string }>(
        `SELECT event_id, body FROM events
         WHERE ${IN_RANGE} AND event_id > {after:String}
         ORDER BY event_id, empty(body) LIMIT 1 BY event_id LIMIT {limit:UInt32}`,
        { since: toSeconds(since), until: toSeconds(until), after, limit },
        { settings: { max_threads: 1 } },
      );
      return rows.map((row) => ({ eventId: row.event_id, body: row.body }));
    },
    storedFacts: (requestIds) => factsOf(client, requestIds, 1),
  };
}

/** The column has no milliseconds. */
function toSeconds(at: number): Date {
  return new Date(Math.max(0, Math.ceil(at / 1_000) * 1_000));
}
