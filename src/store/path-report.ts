/**
 * What each source has brought of all events that are known: first, late, or never.
 *
 * Events are told apart by a hash of their ids. Of very many only a share is looked at, chosen by the hash, so that every
 * source is judged by the same events.
 */
import type { PathReport, PathShare, SourcePath } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";

/** Rows that are grouped by one report: what that takes, 0.3 s, is the price of asking. */
const MOST_ROWS = 2_000_000;
const MINUTE_MS = 60_000;

const COUNT = `
  SELECT count() AS sightings
  FROM sightings
  WHERE minute >= {since:DateTime('UTC')} AND minute < {until:DateTime('UTC')}`;

const SHARES = `
  WITH
    seen AS (
      SELECT minute, event, path, source, min(seen_at) AS at
      FROM sightings
      WHERE minute >= {since:DateTime('UTC')} AND minute < {until:DateTime('UTC')} AND event % {sampled:UInt32} = 0
      GROUP BY minute, event, path, source
    ),
    ranked AS (
      SELECT
        event, path, source,
        dateDiff('millisecond', min(at) OVER one, at) AS delay,
        row_number() OVER (one ORDER BY at, path, source) = 1 AS is_first
      FROM seen
      WINDOW one AS (PARTITION BY minute, event)
    )
  SELECT
    path, source, countIf(is_first) AS first, countIf(NOT is_first) AS late,
    quantilesIf(0.5, 0.99)(delay, NOT is_first) AS delays,
    (SELECT uniqExact(minute, event) FROM seen) AS events
  FROM ranked
  GROUP BY path, source
  ORDER BY path, source`;

interface ShareRow {
  readonly path: SourcePath;
  readonly source: string;
  readonly first: string;
  readonly late: string;
  readonly delays: readonly [number, number];
  readonly events: string;
}

/** Files that were replayed count among the events, but are no path of the stream: they may hold any part of it. */
const NO_PATH: SourcePath = "replay";

export async function pathReport(client: StoreClient, since: number, until: number): Promise<PathReport> {
  const interval = { since: minuteText(since), until: minuteText(until) };
  const [total] = await client.query<{ sightings: string }>(COUNT, interval);
  const sampled = Math.max(1, Math.ceil(Number(total?.sightings ?? 0) / MOST_ROWS));
  const rows = await client.query<ShareRow>(SHARES, { ...interval, sampled });
  const events = Number(rows[0]?.events ?? 0) * sampled;
  const shares = rows.filter(({ path }) => path !== NO_PATH).map((row) => shareOf(row, events, sampled));
  return { since: wholeMinute(since), until: wholeMinute(until), events, sampled, shares };
}

function shareOf(row: ShareRow, events: number, sampled: number): PathShare {
  const [first, late] = [Number(row.first) * sampled, Number(row.late) * sampled];
  const [median, p99] = row.delays;
  return {
    path: row.path,
    source: row.source,
    first,
    late,
    never: events - first - late,
    delayMs: late === 0 ? null : { median: Math.round(median), p99: Math.round(p99) },
  };
}

function wholeMinute(at: number): number {
  return Math.max(0, Math.floor(at / MINUTE_MS) * MINUTE_MS);
}

function minuteText(at: number): number {
  return wholeMinute(at) / 1_000;
}
