/**
 * Lists of requests, newest first: windows of time that grow until the page is full, over the stretches that hold facts.
 *
 * Without a state the requests come straight from the time-ordered facts; with one (or another derived column)
 * from the view `lifecycles`, which folds the window.
 */
import type { ListPosition, RequestFilter } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";

const MINUTE_MS = 60_000;
const FIRST_WINDOW_MS = 3_600_000;
/** Each window is so many times longer than the one before it: a question costs, however short its window. */
const GROWTH = 4;

const COLUMNS: Readonly<Record<string, string>> = {
  instance: "instance",
  correlationId: "correlation_id",
  requestSource: "request_source",
  objectType: "object_type",
  objectName: "object_name",
  clientId: "client_id",
};

export async function listRequests(
  client: StoreClient,
  filter: RequestFilter,
  now: number,
  after: ListPosition | undefined,
  limit: number,
): Promise<ListPosition[]> {
  const found: ListPosition[] = [];
  let until = Math.min(filter.until ?? Infinity, after === undefined ? Infinity : after.t0 + 1);
  const oldest = filter.since ?? -Infinity;
  for (let windowMs = FIRST_WINDOW_MS; found.length < limit && until > oldest; windowMs *= GROWTH) {
    const stretch = await factsBetween(client, filter.since, until);
    if (stretch === undefined) break;
    until = Math.min(until, stretch.last + MINUTE_MS);
    const since = Math.max(oldest, stretch.first, until - windowMs);
    found.push(...(await listWindow(client, filter, { since, until, now }, after, limit - found.length)));
    until = since;
  }
  return found;
}

/** The first and the last minute that hold facts in [since, until), in milliseconds; undefined when none does. */
async function factsBetween(
  client: StoreClient,
  since: number | undefined,
  until: number,
): Promise<{ first: number; last: number } | undefined> {
  const [row] = await client.query<{ facts: string; first: number; last: number }>(
    `SELECT count() AS facts, toUnixTimestamp(min(minute)) AS first, toUnixTimestamp(max(minute)) AS last
     FROM facts_by_time
     WHERE minute >= toDateTime({since:UInt32}) AND minute < toDateTime({until:UInt32})`,
    {
      since: Math.floor(Math.max(0, since ?? 0) / MINUTE_MS) * 60,
      until: Math.min(Math.ceil(until / 1_000), 4_294_967_295),
    },
  );
  if (row === undefined || row.facts === "0") return undefined;
  return { first: row.first * 1_000, last: row.last * 1_000 };
}

interface Window {
  readonly since: number;
  readonly until: number;
  readonly now: number;
}

async function listWindow(
  client: StoreClient,
  filter: RequestFilter,
  window: Window,
  after: ListPosition | undefined,
  limit: number,
): Promise<ListPosition[]> {
  const conditions = ["t0_ms >= {sinceMs:Int64}", "t0_ms < {untilMs:Int64}"];
  const params: Record<string, unknown> = {
    limit,
    sinceMs: window.since,
    untilMs: window.until,
    since: new Date(window.since),
    until: new Date(window.until),
  };
  for (const [name, column] of Object.entries(COLUMNS)) {
    const wanted = filter[name as keyof RequestFilter];
    if (wanted === undefined) continue;
    conditions.push(`${column} = {${name}:String}`);
    params[name] = wanted;
  }
  if (filter.state !== undefined) {
    conditions.push("state = {state:String}");
    params["state"] = filter.state;
  }
  if (filter.linkBearing !== undefined) {
    conditions.push("link_bearing = {linkBearing:UInt8}");
    params["linkBearing"] = filter.linkBearing ? 1 : 0;
  }
  if (after !== undefined) {
    conditions.push("(t0_ms, request_id) < ({afterT0:Int64}, {afterId:String})");
    Object.assign(params, { afterT0: after.t0, afterId: after.requestId });
  }
  const derived = filter.state !== undefined || filter.linkBearing !== undefined;
  if (derived) params["now"] = new Date(window.now);
  const rows = await client.query<{ request_id: string; t0_ms: string }>(
    `SELECT request_id, t0_ms FROM (${derived ? FOLDED : UNFOLDED})
     WHERE ${conditions.join(" AND ")}
     ORDER BY t0_ms DESC, request_id DESC
     LIMIT {limit:UInt32}`,
    params,
  );
  return rows.map((row) => ({ t0: Number(row.t0_ms), requestId: row.request_id }));
}

const FOLDED = `
  SELECT *, toUnixTimestamp64Milli(t0) AS t0_ms
  FROM lifecycles(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, now = {now:DateTime64(3, 'UTC')})`;

/** Only what the fold would give for the names and the beginning of a request: its state is not asked for. */
const UNFOLDED = `
  SELECT
    f.request_id AS request_id,
    min((f.t0_rank, toUnixTimestamp64Milli(f.t0))).2 AS t0_ms,
    ${Object.values(COLUMNS)
      .map(
        (column) =>
          `if(maxIf(f.${column}, f.kind = 'submission') != '', maxIf(f.${column}, f.kind = 'submission'), max(f.${column})) AS ${column}`,
      )
      .join(",\n    ")}
  FROM facts_by_time AS f
  WHERE f.minute >= toStartOfMinute({since:DateTime64(3, 'UTC')}) - INTERVAL 10 MINUTE
    AND f.minute <= toStartOfMinute({until:DateTime64(3, 'UTC')}) + INTERVAL 10 MINUTE
  GROUP BY f.request_id`;
