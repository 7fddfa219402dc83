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

/** Facts that are looked at in one stretch: bounds memory. */
const MOST_GATHERED = 2_000_000;

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
    const page: Page = { client, filter, sign: search.sign, factsEach: search.factsEach, after };
    await searchThrough(page, { since: search.since, until }, hours, limit, found);
  }
  return found;
}

interface Page {
  readonly client: StoreClient;
  readonly filter: ListFilter;
  readonly sign: string | undefined;
  readonly factsEach: number;
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
    const wanted = (limit - found.length) * page.factsEach + 8;
    const seen = await newestFacts(page, { since: oldest, until }, wanted);
    if (until === Infinity) until = seen.last + 1 + APART_MS;
    if (until === -Infinity) break;
    let since = Math.max(oldest, startOfHours(hours, until), Math.min(seen.first, until - least));
    const few = await fewRequests(page, { since, until });
    if (few === undefined) since = await notTooFar(page.client, since, until);
    const stretch = { since, until };
    const left = limit - found.length;
    const positions = await (few === undefined
      ? gather(page, stretch, left)
      : readFew(page, stretch, few, left));
    found.push(...positions);
    least = GROWTH * Math.max(positions.length === 0 ? MINUTE_MS : 0, Math.min(until, seen.last + 1) - since);
    until = since;
  }
}

/** A later beginning, where otherwise too much would be gathered at once. */
async function notTooFar(client: StoreClient, since: number, until: number): Promise<number> {
  if (until - since <= HOUR_MS) return since;
  const [held] = await client.query<{ facts: string; first: number }>(
    `SELECT count() AS facts, toUnixTimestamp(min(minute)) AS first FROM facts_by_time WHERE ${ABOUT}`,
    boundsOf({ since, until }),
  );
  const share = MOST_GATHERED / Number(held?.facts ?? 0);
  if (share >= 1) return since;
  const from = Math.max(since, (held?.first ?? 0) * 1_000);
  return Math.max(from, until - Math.max(HOUR_MS, share * (until - from)));
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

/**
 * When the newest and the last of so many facts with a sign say that it began; nothing is older than `first` when these are
 * all. First their minutes, which the table is sorted by, then what is in these.
 */
async function newestFacts(
  { client, filter, sign = "1" }: Page,
  stretch: Stretch,
  limit: number,
): Promise<{ first: number; last: number }> {
  const params = { ...paramsOf(filter), ...boundsOf(stretch), limit };
  const minutes = await client.query<{ at: number }>(
    `SELECT toUnixTimestamp(minute) AS at FROM facts_by_time
     WHERE ${sign} AND minute >= toDateTime({first:UInt32}) AND minute <= toDateTime({lastWithin:UInt32})
     ORDER BY minute DESC LIMIT {limit:UInt32}`,
    params,
  );
  const newest = (minutes[0]?.at ?? -Infinity) * 1_000 + MINUTE_MS - 1;
  const oldest = minutes.at(-1)?.at;
  if (minutes.length < limit || oldest === undefined) return { first: -Infinity, last: newest };
  const rows = await client.query<{ at: string }>(
    `SELECT toUnixTimestamp64Milli(t0) AS at FROM facts_by_time
     WHERE ${sign} AND minute >= toDateTime({oldest:UInt32}) AND minute <= toDateTime({lastWithin:UInt32})
       AND t0 < fromUnixTimestamp64Milli({until:Int64})
     ORDER BY t0 DESC LIMIT {limit:UInt32}`,
    { ...params, oldest },
  );
  return {
    first: rows.length < limit ? oldest * 1_000 : Number(rows.at(-1)?.at),
    last: Number(rows[0]?.at ?? newest),
  };
}

async function readFew(
  { client, after }: Page,
  stretch: Stretch,
  few: readonly string[],
  limit: number,
): Promise<ListPosition[]> {
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

/** Those with a sign, in a stretch so long that it does not pay to look at all that happened in it; undefined when they are many. */
async function fewRequests({ client, filter, sign }: Page, stretch: Stretch): Promise<string[] | undefined> {
  if (sign === undefined || isShort(stretch)) return undefined;
  const rows = await client.query<{ request_id: string }>(
    `SELECT request_id FROM facts_by_time WHERE ${sign} AND ${ABOUT} LIMIT {limit:UInt32}`,
    { ...paramsOf(filter), ...boundsOf(stretch), limit: 2 * FEW },
  );
  const ids = new Set(rows.map((row) => row.request_id));
  return rows.length === 2 * FEW || ids.size > FEW ? undefined : [...ids];
}

/** What lies about it is more than what lies in it. */
function isShort({ since, until }: Stretch): boolean {
  return until - since <= 2 * APART_MS;
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
  const signed = isShort(stretch)
    ? `${sign} AND ${ABOUT} AND request_crc IN (SELECT request_crc FROM facts_by_time WHERE ${BEGAN_WITHIN})`
    : `${sign} AND ${ABOUT}`;
  const which = sign === undefined ? BEGAN_WITHIN : signed;
  const conditions = [...conditionsOf(filter), "t0_ms >= {since:Int64}", "t0_ms < {until:Int64}"];
  if (after !== undefined) conditions.push("(t0_ms, request_id) < ({afterT0:Int64}, {afterId:String})");
  const rows = await client.query<{ request_id: string; t0_ms: string }>(
    `SELECT request_id, t0_ms FROM (
       SELECT ${GATHERED_COLUMNS}
       FROM facts_by_time AS f
       PREWHERE ${ABOUT} AND request_crc IN (SELECT request_crc FROM facts_by_time WHERE ${which})
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
