/**
 * Lists of requests, newest first: windows of time that grow until the page is full, over the stretches that hold facts.
 *
 * A state cannot be asked for here: it is the fold's. What can be asked is whether a request may be in it: facts that every
 * request in that state has. The ledger folds what is found and keeps what is.
 */
import type { LifecycleState } from "../core/lifecycle.ts";
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
    found.push(...(await listWindow(client, filter, { since, until }, after, limit - found.length)));
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
  if (filter.state !== undefined) conditions.push(MAY_BE[filter.state as LifecycleState]);
  if (filter.linkBearing === true) conditions.push("linked OR failures");
  if (after !== undefined) {
    conditions.push("(t0_ms, request_id) < ({afterT0:Int64}, {afterId:String})");
    Object.assign(params, { afterT0: after.t0, afterId: after.requestId });
  }
  const rows = await client.query<{ request_id: string; t0_ms: string }>(
    `SELECT request_id, t0_ms FROM (${GATHERED})
     WHERE ${conditions.map((one) => `(${one})`).join(" AND ")}
     ORDER BY t0_ms DESC, request_id DESC
     LIMIT {limit:UInt32}`,
    params,
  );
  return rows.map((row) => ({ t0: Number(row.t0_ms), requestId: row.request_id }));
}

/** What every request in a state has at least, of the columns of GATHERED. */
const MAY_BE: Readonly<Record<LifecycleState, string>> = {
  unconfirmed: "unanswered",
  rejected: "refused",
  accepted: "NOT results OR jobs",
  processing: "results OR jobs",
  retrying: "open OR failures",
  succeeded: "results OR jobs",
  partially_failed: "failures",
  failed: "failures OR jobs",
  exhausted: "failures OR (linked AND open)",
  overdue: "open OR jobs",
  aborted: "jobs",
};

/** One row a request: what the fold would give for its names and its beginning, and some signs of its state. */
const GATHERED = `
  SELECT
    f.request_id AS request_id,
    min((f.t0_rank, toUnixTimestamp64Milli(f.t0))).2 AS t0_ms,
    ${Object.values(COLUMNS)
      .map(
        (column) =>
          `if(maxIf(f.${column}, f.kind = 'submission') != '', maxIf(f.${column}, f.kind = 'submission'), max(f.${column})) AS ${column}`,
      )
      .join(",\n    ")},
    max(f.kind = 'submission' AND f.http_status = 0) AS unanswered,
    max(f.kind = 'submission' AND f.http_status NOT IN (0, 202)) AS refused,
    max(f.kind = 'result') AS results,
    max(f.kind = 'job') AS jobs,
    max(notEmpty(f.failed_codes)) AS failures,
    max(f.link_bearing) AS linked,
    arraySum(arrayMap(x -> x.2, groupUniqArray((f.fact_id, f.created + f.updated + arraySum(f.failed_counts)))))
      < max(f.received) OR NOT results AS open
  FROM facts_by_time AS f
  WHERE f.minute >= toStartOfMinute({since:DateTime64(3, 'UTC')}) - INTERVAL 10 MINUTE
    AND f.minute <= toStartOfMinute({until:DateTime64(3, 'UTC')}) + INTERVAL 10 MINUTE
  GROUP BY f.request_id`;
