/** When journals were silent: minutes of events that other sources brought and no journal did. */
import { type Interval, mergeIntervals } from "../core/interval.ts";
import type { StoreClient } from "./client.ts";

const MINUTE_MS = 60_000;

/** Files that were replayed may hold any part of the stream, of any journal: what only they brought says nothing. */
const SILENT = `
  SELECT toUnixTimestamp(minute) AS at
  FROM (
    SELECT minute, event, min(seen_at) AS first_at, max(path = 'journal') AS is_read
    FROM sightings
    WHERE minute >= {since:DateTime('UTC')} AND minute < {until:DateTime('UTC')} AND path != 'replay'
    GROUP BY minute, event
  )
  WHERE NOT is_read AND first_at < {seenBefore:DateTime64(3, 'UTC')}
  GROUP BY minute
  ORDER BY minute
  LIMIT 10000`;

export async function silentIntervals(
  client: StoreClient,
  since: number,
  until: number,
  seenBefore: number,
): Promise<Interval[]> {
  if (until <= since) return [];
  const rows = await client.query<{ at: number }>(SILENT, {
    since: Math.floor(Math.max(0, since) / MINUTE_MS) * 60,
    until: Math.floor(until / 1_000),
    seenBefore: new Date(seenBefore),
  });
  return mergeIntervals(rows.map(({ at }) => ({ from: at * 1_000, until: at * 1_000 + MINUTE_MS })));
}
