/** What is known of the stream itself: where reading stands, gaps, lag and quota, dead letters. */
import { coveredByCursor } from "../core/coverage.ts";
import type { CursorStore, JournalCursor, StreamReport } from "../core/ports.ts";
import type { StreamStatus } from "../core/stream-status.ts";
import type { StoreClient } from "./client.ts";
import { coveredIntervals, recordCovered, recordedGaps, recordGap } from "./coverage.ts";
import { quote } from "./row-text.ts";

interface CursorRow {
  readonly source: string;
  readonly next: string;
  readonly saved_ms: string;
  readonly last_event_ms: string | null;
  readonly covered_ms: string | null;
  readonly covered_from_ms: string | null;
}

const SELECT_CURSORS = `
  SELECT source, next, toUnixTimestamp64Milli(saved_at) AS saved_ms,
         toUnixTimestamp64Milli(last_event_at) AS last_event_ms,
         toUnixTimestamp64Milli(covered_until) AS covered_ms,
         toUnixTimestamp64Milli(covered_from) AS covered_from_ms
  FROM cursors FINAL`;

function cursorOf(row: CursorRow): JournalCursor {
  return {
    source: row.source,
    next: row.next,
    savedAt: Number(row.saved_ms),
    lastEventAt: row.last_event_ms === null ? null : Number(row.last_event_ms),
    coveredUntil: row.covered_ms === null ? null : Number(row.covered_ms),
    coveredFrom: row.covered_from_ms === null ? null : Number(row.covered_from_ms),
  };
}

export function createCursorStore(client: StoreClient): CursorStore {
  return {
    recordGap: (gap) => recordGap(client, gap),
    recordCovered: (interval) => recordCovered(client, interval),
    async loadCursor(source) {
      const [row] = await client.query<CursorRow>(`${SELECT_CURSORS} WHERE source = {source:String}`, {
        source,
      });
      return row === undefined ? undefined : cursorOf(row);
    },
    async saveCursor(cursor) {
      await client.insert(
        "cursors",
        ["source", "next", "saved_at", "last_event_at", "covered_until", "covered_from"],
        `[${quote(cursor.source)},${quote(cursor.next)},${cursor.savedAt},${cursor.lastEventAt},${cursor.coveredUntil},` +
          `${cursor.coveredFrom}]`,
      );
    },
  };
}

/** Those of journals: what a relay's stream stands at tells nothing of how far the stream has been read. */
export async function journalCursors(client: StoreClient): Promise<JournalCursor[]> {
  return (await client.query<CursorRow>(`${SELECT_CURSORS} WHERE source != 'sse' ORDER BY source`)).map(
    cursorOf,
  );
}

export async function streamReport(client: StoreClient, now: number): Promise<StreamReport> {
  const [totals] = await client.query<{ dead: string; last_ms: string | null }>(
    `SELECT (SELECT count() FROM dead_letters FINAL WHERE NOT discarded) AS dead,
            (SELECT if(count() = 0, NULL, max(toUnixTimestamp64Milli(at))) FROM facts_by_time
             WHERE kind = 'result' AND minute >= toDateTime({now:DateTime64(3, 'UTC')}) - INTERVAL 1 DAY) AS last_ms`,
    { now: new Date(now) },
  );
  const cursors = await journalCursors(client);
  return {
    cursors,
    gaps: await recordedGaps(client, 0),
    covered: [...(await coveredIntervals(client)), ...cursors.flatMap(coveredByCursor)],
    statuses: await newestStatuses(client, now),
    deadLetters: Number(totals?.dead ?? 0),
    lastResultAt: totals?.last_ms == null ? null : Number(totals.last_ms),
  };
}

export interface StatusRow {
  readonly event_id: string;
  readonly instance: string;
  readonly priority: string;
  readonly at_ms: string;
  readonly quota: string | null;
  readonly lag_seconds: number;
  readonly request_backlog: number;
  readonly record_backlog: number;
}

export const SELECT_STATUS = `
  SELECT event_id, instance, priority, toUnixTimestamp64Milli(at) AS at_ms, quota, lag_seconds, request_backlog,
         record_backlog`;

export function statusOf(row: StatusRow): StreamStatus {
  return {
    eventId: row.event_id,
    instance: row.instance,
    at: Number(row.at_ms),
    quota: row.quota === null ? null : Number(row.quota),
    priority: row.priority,
    lagSeconds: row.lag_seconds,
    requestBacklog: row.request_backlog,
    recordBacklog: row.record_backlog,
  };
}

/** The newest status of each queue within the last two hours: an older one says nothing of now. */
async function newestStatuses(client: StoreClient, now: number): Promise<StreamStatus[]> {
  const rows = await client.query<StatusRow>(
    `${SELECT_STATUS}
     FROM stream_status
     WHERE at <= {now:DateTime64(3, 'UTC')} AND at > {now:DateTime64(3, 'UTC')} - INTERVAL 2 HOUR
     ORDER BY instance, priority, at DESC, event_id DESC
     LIMIT 1 BY instance, priority`,
    { now: new Date(now) },
  );
  return rows.map(statusOf);
}

/** Milliseconds by which each queue lags, keyed `instance\npriority`; queues without a lag are left out. */
export async function queueLags(client: StoreClient, now: number): Promise<Map<string, number>> {
  const lags = new Map<string, number>();
  for (const { instance, priority, lagSeconds } of await newestStatuses(client, now)) {
    if (lagSeconds > 0) lags.set(`${instance}\n${priority}`, lagSeconds * 1000);
  }
  return lags;
}
