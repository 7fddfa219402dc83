/**
 * Lists of requests, newest first: stretches of time as long as the newest facts that show a sign of what is asked for,
 * until the page is full. They may be parts of a second, or days.
 *
 * A state cannot be asked for here: it is the fold's. What can be asked is whether a request may be in it. Few are read by
 * their ids, many are gathered from all that happened about that time.
 */
import { beginning } from "../core/lifecycle.ts";
import type { ListFilter, ListPosition } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";
import { factsOf } from "./facts-of.ts";
import { conditionsOf, GATHERED_COLUMNS, paramsOf, searchesFor } from "./list-signs.ts";
import { type Hours, hoursThatMayHold } from "./state-hours.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The facts of a request lie within so much of each other: as far as the fold looks. */
const APART_MS = 10 * MINUTE_MS;
/** A stretch is followed by a longer one, more so if it held nothing: a question costs, however little it finds. */
const GROWTH = 4;
/** So many and no more are read by their ids: it costs as much as to gather what is between them. */
const FEW = 200;

/** About so many; with a sign it is one. */
const FACTS_PER_REQUEST = 2;

/** As far as a time of ClickHouse reaches. */
const FAR_FUTURE_MS = Date.UTC(2200, 0, 1);

/** [since, until), epoch milliseconds. */
interface Stretch {
  readonly since: number;
  readonly until: number;
}

export async function listRequests(
  client: StoreClient,
  filter: ListFilter,
  after: ListPosition | undefined,
  limit: number,
): Promise<ListPosition[]> {
  const found: ListPosition[] = [];
  const hours = await hoursThatMayHold(client, filter.state);
  for (const search of searchesFor(filter)) {
    const until = after === undefined ? search.until : Math.min(search.until, after.t0 + 1);
    const page: Page = { client, filter, sign: search.sign, after };
    await searchThrough(page, { since: search.since, until }, hours, limit, found);
  }
  return found;
}

interface Page {
  readonly client: StoreClient;
  readonly filter: ListFilter;
  readonly sign: string | undefined;
  readonly after: ListPosition | undefined;
}

async function searchThrough(
  page: Page,
  { since: oldest, until: newest }: Stretch,
  hours: Hours | undefined,
  limit: number,
  found: ListPosition[],
): Promise<void> {
  let until = newest;
  for (let least = 0; found.length < limit;) {
    until = skip(hours, until);
    if (until <= oldest) break;
    const wanted = (limit - found.length) * (page.sign === undefined ? FACTS_PER_REQUEST : 1) + 8;
    const seen = await newestFacts(page, { since: oldest, until }, wanted);
    if (until === Infinity) until = seen.last + 1 + APART_MS;
    if (until === -Infinity) break;
    const since = Math.max(oldest, startOfHours(hours, until), Math.min(seen.first, until - least));
    const positions = await listStretch(page, { since, until }, limit - found.length);
    found.push(...positions);
    least = GROWTH * Math.max(positions.length === 0 ? MINUTE_MS : 0, Math.min(until, seen.last + 1) - since);
    until = since;
  }
}

/** Back to the end of the newest hour that may hold something. */
function skip(hours: Hours | undefined, until: number): number {
  if (hours === undefined || until === Infinity) return until;
  let end = until;
  while (end > hours.first && hours.areWithout.has(hourOf(end - 1))) end = hourOf(end - 1);
  return end;
}

/** The beginning of the hours before `until` that may all hold something. */
function startOfHours(hours: Hours | undefined, until: number): number {
  if (hours === undefined) return -Infinity;
  let start = until;
  while (start > hours.first && !hours.areWithout.has(hourOf(start - 1))) start = hourOf(start - 1);
  return start > hours.first ? start : -Infinity;
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** When the newest and the last of so many facts with a sign say that it began; nothing is older than `first` when these are all. */
async function newestFacts(
  { client, filter, sign }: Page,
  stretch: Stretch,
  limit: number,
): Promise<{ first: number; last: number }> {
  const rows = await client.query<{ at: string }>(
    `SELECT toUnixTimestamp64Milli(t0) AS at FROM facts_by_time
     WHERE ${sign ?? "1"} AND minute >= toDateTime({first:UInt32}) AND minute <= toDateTime({lastWithin:UInt32})
       AND t0 < fromUnixTimestamp64Milli({until:Int64})
     ORDER BY minute DESC, t0 DESC LIMIT {limit:UInt32}`,
    { ...paramsOf(filter), ...boundsOf(stretch), limit },
  );
  const oldest = rows.length < limit ? undefined : rows.at(-1);
  return { first: Number(oldest?.at ?? -Infinity), last: Number(rows[0]?.at ?? -Infinity) };
}

async function listStretch(page: Page, stretch: Stretch, limit: number): Promise<ListPosition[]> {
  const { client, after } = page;
  const few = await fewRequests(page, stretch);
  if (few === undefined) return gather(page, stretch, limit);
  const positions: ListPosition[] = [];
  for (const [requestId, facts] of await factsOf(client, few)) {
    const one = { t0: beginning(facts), requestId };
    const isWithin = one.t0 >= stretch.since && one.t0 < stretch.until;
    if (isWithin && (after === undefined || isBefore(one, after))) positions.push(one);
  }
  return positions.sort((a, b) => (isBefore(a, b) ? 1 : -1)).slice(0, limit);
}

function isBefore(a: ListPosition, b: ListPosition): boolean {
  return a.t0 < b.t0 || (a.t0 === b.t0 && a.requestId < b.requestId);
}

/** Those that may have begun in that stretch; undefined when they are many. */
async function fewRequests(page: Page, stretch: Stretch): Promise<string[] | undefined> {
  const { sign } = page;
  if (sign === undefined) return fewOf(page, stretch, BEGAN_WITHIN);
  const few = await fewOf(page, stretch, `${sign} AND ${ABOUT}`);
  const { since, until } = stretch;
  if (few !== undefined || until - since > 2 * APART_MS) return few;
  // many have it about that time, and few of them began just then
  return fewOf(
    page,
    stretch,
    `${sign} AND ${ABOUT} AND request_id IN (SELECT request_id FROM facts_by_time WHERE ${BEGAN_WITHIN})`,
  );
}

async function fewOf(
  { client, filter }: Page,
  stretch: Stretch,
  which: string,
): Promise<string[] | undefined> {
  const rows = await client.query<{ request_id: string }>(
    `SELECT request_id FROM facts_by_time WHERE ${which} LIMIT {limit:UInt32}`,
    { ...paramsOf(filter), ...boundsOf(stretch), limit: FACTS_PER_REQUEST * FEW },
  );
  const ids = new Set(rows.map((row) => row.request_id));
  return rows.length === FACTS_PER_REQUEST * FEW || ids.size > FEW ? undefined : [...ids];
}

/** Facts of requests that began in a stretch lie about it, and one of each says when that was. */
const ABOUT = "minute >= toDateTime({first:UInt32}) AND minute <= toDateTime({last:UInt32})";
const BEGAN_WITHIN = `
  minute >= toDateTime({firstWithin:UInt32}) AND minute <= toDateTime({lastWithin:UInt32})
  AND t0 >= fromUnixTimestamp64Milli({since:Int64}) AND t0 < fromUnixTimestamp64Milli({until:Int64})`;

function boundsOf({ since, until }: Stretch): Record<string, number> {
  return {
    first: secondOf(since - APART_MS),
    last: secondOf(until + APART_MS),
    firstWithin: secondOf(since),
    lastWithin: secondOf(until),
    since: since === -Infinity ? 0 : Math.floor(since),
    until: until === Infinity ? FAR_FUTURE_MS : Math.ceil(until),
  };
}

async function gather(
  { client, filter, sign, after }: Page,
  stretch: Stretch,
  limit: number,
): Promise<ListPosition[]> {
  // what shows the sign may be another fact than the one that says when it began
  const which = sign === undefined ? BEGAN_WITHIN : `${sign} AND ${ABOUT}`;
  const conditions = [...conditionsOf(filter), "t0_ms >= {since:Int64}", "t0_ms < {until:Int64}"];
  if (after !== undefined) conditions.push("(t0_ms, request_id) < ({afterT0:Int64}, {afterId:String})");
  const rows = await client.query<{ request_id: string; t0_ms: string }>(
    `SELECT request_id, t0_ms FROM (
       SELECT ${GATHERED_COLUMNS}
       FROM facts_by_time AS f
       WHERE ${ABOUT} AND request_id IN (SELECT request_id FROM facts_by_time WHERE ${which})
       GROUP BY f.request_id)
     WHERE ${conditions.map((one) => `(${one})`).join(" AND ")}
     ORDER BY t0_ms DESC, request_id DESC
     LIMIT {limit:UInt32}`,
    {
      ...paramsOf(filter),
      ...boundsOf(stretch),
      limit,
      ...(after !== undefined && { afterT0: after.t0, afterId: after.requestId }),
    },
  );
  return rows.map((row) => ({ t0: Number(row.t0_ms), requestId: row.request_id }));
}

/** Of the minute, within what a DateTime holds. */
function secondOf(ms: number): number {
  const minute = Math.floor(ms / MINUTE_MS) * 60;
  return Math.min(Math.max(0, minute), 4_294_967_295);
}
