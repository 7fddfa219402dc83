/** What the stream states by windows, what has arrived of them, and the judgements that were made of both. */
import type { JudgedWindow, StatedWindow, WindowSums } from "../core/completeness.ts";
import type { CompletenessStore, KnownWindow, UnstatedHours } from "../core/completeness-ports.ts";
import type { StoreClient } from "./client.ts";
import { joinRows, quote } from "./row-text.ts";

const HOUR_MS = 3_600_000;

interface WindowRow {
  readonly instance: string;
  readonly object_type: string;
  readonly priority: string;
  readonly from_ms: string;
  readonly until_ms: string;
  readonly stated: string;
}

/** Where two events state the same window, the larger counts: one of them was of a part. */
const STATED = `
  SELECT instance, object_type, priority, toUnixTimestamp64Milli(window_start) AS from_ms,
         toUnixTimestamp64Milli(max(window_end)) AS until_ms,
         max(created + updated + arraySum(failed_counts)) AS stated
  FROM stream_metrics
  WHERE window_end > {since:DateTime64(3, 'UTC')} AND window_end <= {until:DateTime64(3, 'UTC')}
    AND window_start < window_end
  GROUP BY instance, window_start, object_type, priority
  ORDER BY from_ms, instance, object_type, priority`;

/** Results count once, whatever was stored twice; a result finds the newest window that begins before it. */
export const SUMS_OF_WINDOWS = `
  WITH
    windows AS (
      SELECT instance, window_start AS began, max(window_end) AS ended
      FROM stream_metrics
      WHERE window_end > {since:DateTime64(3, 'UTC')} AND window_start < {until:DateTime64(3, 'UTC')}
      GROUP BY instance, began
    ),
    results AS (
      SELECT instance AS of_instance, object_type AS of_type, priority AS of_priority,
             at AS happened, toUInt64(created) + updated + arraySum(failed_counts) AS records
      FROM facts_by_time FINAL
      WHERE kind = 'result' AND minute >= {earliest:DateTime64(3, 'UTC')} AND minute <= {until:DateTime64(3, 'UTC')}
        AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
    )
  SELECT
    of_instance AS instance, of_type AS object_type, of_priority AS priority, toUnixTimestamp64Milli(began) AS from_ms,
    sumIf(records, happened < ended) AS seen,
    sumIf(records, happened < ended AND happened < addMilliseconds(began, {edge:UInt32})) AS head,
    sumIf(records, happened < ended AND happened >= subtractMilliseconds(ended, {edge:UInt32})) AS tail,
    sumIf(records, happened >= ended AND happened < addMilliseconds(ended, {edge:UInt32})) AS after
  FROM results AS r
  ASOF JOIN windows AS w ON r.of_instance = w.instance AND r.happened >= w.began
  GROUP BY of_instance, of_type, of_priority, began`;

interface SumsRow extends Record<keyof WindowSums, string> {
  readonly instance: string;
  readonly object_type: string;
  readonly priority: string;
  readonly from_ms: string;
}

const KNOWN = `
  SELECT instance, object_type, priority, toUnixTimestamp64Milli(window_start) AS from_ms,
         toUnixTimestamp64Milli(window_end) AS until_ms, stated, seen, missing,
         toUnixTimestamp64Milli(judged_at) AS judged_ms
  FROM completeness FINAL
  WHERE window_end > {since:DateTime64(3, 'UTC')}
  ORDER BY from_ms, instance, object_type, priority`;

interface KnownRow extends WindowRow {
  readonly seen: string;
  readonly missing: string;
  readonly judged_ms: string;
}

const UNSTATED = `
  SELECT a.instance AS instance, toUnixTimestamp(toStartOfHour(a.minute)) * 1000 AS from_ms
  FROM stream_activity AS a
  ASOF LEFT JOIN (
    SELECT instance, toDateTime(window_start) AS began, max(toDateTime(window_end)) AS ended
    FROM stream_metrics
    WHERE window_end > {since:DateTime64(3, 'UTC')}
    GROUP BY instance, began
  ) AS w ON a.instance = w.instance AND a.last_at >= w.began
  WHERE a.kind = 'result' AND a.minute >= {since:DateTime64(3, 'UTC')} AND a.minute < {until:DateTime64(3, 'UTC')}
    AND a.last_at >= w.ended
  GROUP BY instance, from_ms
  ORDER BY instance, from_ms`;

export function createCompletenessStore(client: StoreClient): CompletenessStore {
  return {
    async statedWindows(since, until) {
      const rows = await client.query<WindowRow>(STATED, { since: timeOf(since), until: timeOf(until) });
      return rows.map(windowOf);
    },
    async windowSums({ since, until, lookBackMs, edge }) {
      const rows = await client.query<SumsRow>(SUMS_OF_WINDOWS, {
        since: timeOf(since),
        until: timeOf(until),
        earliest: timeOf(since - lookBackMs),
        edge,
      });
      return rows.map((row) => ({
        instance: row.instance,
        objectType: row.object_type,
        priority: row.priority,
        from: Number(row.from_ms),
        seen: Number(row.seen),
        head: Number(row.head),
        tail: Number(row.tail),
        after: Number(row.after),
      }));
    },
    async judgedWindows(since) {
      const rows = await client.query<KnownRow>(KNOWN, { since: timeOf(since) });
      return rows.map((row): KnownWindow => ({
        ...windowOf(row),
        seen: Number(row.seen),
        missing: Number(row.missing),
        judgedAt: Number(row.judged_ms),
      }));
    },
    async saveJudged(windows, at) {
      if (windows.length === 0) return;
      await client.insert(
        "completeness",
        COLUMNS,
        joinRows(windows, (one) => encode(one, at)),
      );
    },
    async unstatedHours(since, until) {
      const rows = await client.query<{ instance: string; from_ms: string }>(UNSTATED, {
        since: timeOf(since),
        until: timeOf(until),
      });
      return rows.map(({ instance, from_ms }): UnstatedHours => ({
        instance,
        from: Number(from_ms),
        until: Number(from_ms) + HOUR_MS,
      }));
    },
  };
}

const COLUMNS = [
  "instance",
  "window_start",
  "window_end",
  "object_type",
  "priority",
  "stated",
  "seen",
  "missing",
  "judged_at",
];

function encode(one: JudgedWindow, at: number): string {
  return (
    `[${quote(one.instance)},${one.from},${one.until},${quote(one.objectType)},${quote(one.priority)},` +
    `${one.stated},${one.seen},${one.missing},${at}]`
  );
}

function windowOf(row: WindowRow): StatedWindow {
  return {
    instance: row.instance,
    objectType: row.object_type,
    priority: row.priority,
    from: Number(row.from_ms),
    until: Number(row.until_ms),
    stated: Number(row.stated),
  };
}

/** ClickHouse reads no time before 1970. */
function timeOf(at: number): Date {
  return new Date(Math.max(0, at));
}
