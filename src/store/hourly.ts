/**
 * The hourly roll-up: which hours have to be counted anew, and their rows. How it is counted is the view `traffic`.
 */
import type { ClickHouseSettings } from "@clickhouse/client";
import type { HourlyStore } from "../core/hourly-ports.ts";
import type { CountedSlice, TrafficGroup } from "../core/hourly.ts";
import { countsOfMap } from "../core/record-counts.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

/** A request may begin so far from the time of one of its facts: as far as the fold looks. */
const NEAR = "INTERVAL 10 MINUTE";
/** Facts become visible some time after they are said to have arrived: what arrived so shortly before a count may lack in it. */
const VISIBLE_WITHIN_S = 120;

/** By what an hour was judged: the settings, and the text of the fold. */
const FOLD = `
  SELECT cityHash64(
    (SELECT toString(groupArray(tuple(* EXCEPT saved_at))) FROM (SELECT * FROM fold_settings FINAL ORDER BY instance)),
    (SELECT toString(arraySort(groupArray((name, checksum)))) FROM (
       SELECT name, argMax(checksum, applied_at) AS checksum FROM migrations
       WHERE kind = 'view' AND name IN ('lifecycles.sql', 'traffic.sql') GROUP BY name)))`;

const DIRTY = `
  WITH
    rows AS (SELECT hour, rolled_at, settles_at, fold FROM hourly_rows FINAL),
    minutes AS (
      SELECT toStartOfMinute(t0) AS minute, max(arrived_at) AS last
      FROM arrivals WHERE arrived_at >= {since:DateTime64(3, 'UTC')} GROUP BY minute
    ),
    touched AS (
      SELECT arrayJoin(arrayDistinct([toStartOfHour(minute - ${NEAR}), toStartOfHour(minute), toStartOfHour(minute + ${NEAR})])) AS hour,
             max(last) AS last
      FROM minutes GROUP BY hour
    )
  SELECT toUnixTimestamp(hour) * 1000 AS hour_ms
  FROM (
    SELECT t.hour AS hour, r.rolled_at AS rolled
    FROM touched AS t LEFT JOIN rows AS r ON r.hour = t.hour
    WHERE r.rolled_at <= t.last + INTERVAL ${VISIBLE_WITHIN_S} SECOND
    UNION ALL
    SELECT hour, rolled_at FROM rows WHERE toUnixTimestamp64Milli(settles_at) > 0 OR fold != (${FOLD})
  )
  GROUP BY hour
  ORDER BY min(rolled), hour`;

const NOT_COUNTED = `
  SELECT toUnixTimestamp(f.hour) * 1000 AS hour_ms
  FROM (SELECT toStartOfHour(minute) AS hour FROM facts_by_time GROUP BY hour) AS f
  LEFT JOIN (SELECT hour, rolled_at FROM hourly_rows FINAL) AS r ON r.hour = f.hour
  WHERE r.rolled_at <= {before:DateTime64(3, 'UTC')}
  ORDER BY f.hour`;

const TRAFFIC = `
  SELECT
    toUnixTimestamp(toStartOfHour(at)) * 1000 AS hour_ms, instance, target, object_type, object_name, priority, state,
    sum(requests) AS requests, sum(expected) AS expected, sum(created) AS created, sum(updated) AS updated,
    sum(outstanding) AS outstanding, sum(failed) AS failed, sum(superseded) AS superseded,
    sumMap(failed_by_code) AS failed_by_code, sumForEach(settled_within) AS settled_within,
    toUnixTimestamp64Milli(max(settles_at)) AS settles_ms
  FROM traffic(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, now = {now:DateTime64(3, 'UTC')})
  GROUP BY hour_ms, instance, target, object_type, object_name, priority, state
  ORDER BY hour_ms, instance, target, object_type, object_name, priority, state`;

interface GroupRow {
  readonly hour_ms: string;
  readonly instance: string;
  readonly target: string;
  readonly object_type: string;
  readonly object_name: string;
  readonly priority: string;
  readonly state: string;
  readonly requests: string;
  readonly expected: string;
  readonly created: string;
  readonly updated: string;
  readonly outstanding: string;
  readonly failed: string;
  readonly superseded: string;
  readonly failed_by_code: Readonly<Record<string, string>>;
  readonly settled_within: readonly string[];
  readonly settles_ms: string;
}

/** In our own process: one core of several, and little memory, since nobody waits. */
const UNHURRIED: ClickHouseSettings = { max_threads: 1, max_bytes_before_external_group_by: "60000000" };

const CURSOR = "hourly";

export function createHourlyStore(client: StoreClient): HourlyStore {
  async function foldHash(): Promise<string> {
    const [row] = await client.query<{ fold: string }>(`SELECT toString((${FOLD})) AS fold`);
    return row?.fold ?? "0";
  }
  return {
    async storeNow() {
      const [row] = await client.query<{ now_ms: string }>(
        "SELECT toUnixTimestamp64Milli(now64(3)) AS now_ms",
      );
      return Number(row?.now_ms);
    },
    async hourlyCursor() {
      const [row] = await client.query<{ at_ms: string }>(
        "SELECT toUnixTimestamp64Milli(at) AS at_ms FROM sweep_cursors FINAL WHERE name = {name:String}",
        { name: CURSOR },
      );
      return row === undefined ? undefined : Number(row.at_ms);
    },
    async saveHourlyCursor(at) {
      await client.insert("sweep_cursors", ["name", "at", "revision"], `[${quote(CURSOR)},${at},${at}]`);
    },
    async hoursNotCounted(countedBefore) {
      const rows = await client.query<{ hour_ms: string }>(NOT_COUNTED, { before: new Date(countedBefore) });
      return rows.map((row) => Number(row.hour_ms));
    },
    async dirtyHours(arrivedSince) {
      const since = new Date(Math.max(0, arrivedSince - VISIBLE_WITHIN_S * 1_000));
      const rows = await client.query<{ hour_ms: string }>(DIRTY, { since });
      return rows.map((row) => Number(row.hour_ms));
    },
    async factsByMinute(since, until) {
      const rows = await client.query<{ minute_ms: string; facts: string }>(
        `SELECT toUnixTimestamp(minute) * 1000 AS minute_ms, count() AS facts FROM facts_by_time
         WHERE minute >= {since:DateTime('UTC')} AND minute < {until:DateTime('UTC')} GROUP BY minute_ms`,
        { since: new Date(since), until: new Date(until) },
      );
      return new Map(rows.map((row) => [Number(row.minute_ms), Number(row.facts)]));
    },
    async countTraffic(since, until, now) {
      const rows = await client.query<GroupRow>(
        TRAFFIC,
        { since: new Date(since), until: new Date(until), now: new Date(now) },
        client.embedded ? { settings: UNHURRIED } : {},
      );
      const byHour = new Map<number, { groups: TrafficGroup[]; settlesAt: number }>();
      for (const row of rows) {
        const hour = byHour.get(Number(row.hour_ms)) ?? { groups: [], settlesAt: 0 };
        hour.groups.push(groupOf(row));
        hour.settlesAt = Math.max(hour.settlesAt, Number(row.settles_ms));
        byHour.set(Number(row.hour_ms), hour);
      }
      return byHour;
    },
    async saveHours(hours, rolledAt) {
      const fold = await foldHash();
      const encodeHour = ([hour, { groups, settlesAt }]: [number, CountedSlice]): string =>
        `[${hour / 1_000},${rolledAt},${settlesAt},${fold},[${groups.map(encode).join(",")}]]`;
      await client.insert(
        "hourly_rows",
        ["hour", "rolled_at", "settles_at", "fold", "groups"],
        [...hours].map(encodeHour).join("\n"),
      );
    },
  };
}

function groupOf(row: GroupRow): TrafficGroup {
  return {
    instance: row.instance,
    target: row.target,
    objectType: row.object_type,
    objectName: row.object_name,
    priority: row.priority,
    state: row.state,
    requests: Number(row.requests),
    expected: Number(row.expected),
    created: Number(row.created),
    updated: Number(row.updated),
    outstanding: Number(row.outstanding),
    failed: Number(row.failed),
    superseded: Number(row.superseded),
    failedByCode: countsOfMap(row.failed_by_code),
    settledWithin: row.settled_within.map(Number),
  };
}

/** By the names of the tuple's elements. */
function encode(one: TrafficGroup): string {
  const { objectType, objectName, failedByCode, settledWithin, ...plain } = one;
  return JSON.stringify({
    ...plain,
    object_type: objectType,
    object_name: objectName,
    failed_by_code: failedByCode,
    settled_within: settledWithin,
  });
}
