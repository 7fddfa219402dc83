/** *Stream health*: whether what is known can be relied on: ways in, cursors, completeness, gaps, dead letters. */
import { among } from "./conditions.ts";
import { type Frame, INSTANCE } from "./frame.ts";
import { HOURLY_BARS, MOMENT, number, overTime, rows, type Steps } from "./panels.ts";

const OF_INSTANCE = among("instance", "instance");
const NONE_IS_GOOD: Steps = [[1, "red"]];
const DAY_S = 86_400;

export const STREAM_HEALTH: Frame = {
  name: "stream-health",
  title: "Stream health",
  about: "Whether what is known can be relied on: ways in, cursors, completeness, gaps, dead letters.",
  from: "now-24h",
  variables: [INSTANCE],
  rows: [
    [
      "Now",
      [
        number({
          title: "Last result",
          about:
            "How long ago the newest result was, by its own time. Silence while results are owed: the alert stream-silent.",
          span: 4,
          height: 4,
          unit: "s",
          decimals: 0,
          query: `
            SELECT dateDiff('second', max(last_at), now64(3)) AS age FROM stream_activity
            WHERE kind = 'result' AND minute >= now() - INTERVAL 30 DAY AND ${OF_INSTANCE} HAVING count() > 0`,
          steps: [
            [900, "yellow"],
            [3_600, "red"],
          ],
        }),
        number({
          title: "Complete",
          about:
            "Of the records that the stream's own metrics events state for this range, the share that has arrived.",
          span: 4,
          height: 4,
          unit: "percentunit",
          decimals: 2,
          query: `
            SELECT if(sum(stated) = 0, NULL, 1 - sum(missing) / sum(stated)) AS complete
            FROM completeness FINAL WHERE window_end >= $__fromTime AND window_start <= $__toTime AND ${OF_INSTANCE}`,
          base: "red",
          steps: [
            [0.99, "yellow"],
            [0.9999, "green"],
          ],
        }),
        number({
          title: "Records missing",
          about:
            "Stated and not arrived, in this range. The journal is read again by itself; what stays is named below.",
          span: 4,
          height: 4,
          query: `
            SELECT sum(missing) AS missing FROM completeness FINAL
            WHERE window_end >= $__fromTime AND window_start <= $__toTime AND ${OF_INSTANCE}`,
          steps: NONE_IS_GOOD,
        }),
        number({
          title: "Oldest cursor",
          about: "The age of the journal's cursor that is furthest behind. A journal keeps 7 days.",
          span: 4,
          height: 4,
          unit: "s",
          decimals: 0,
          query: `
            SELECT max(dateDiff('second', least(saved_at, ifNull(last_event_at, saved_at)), now64(3))) AS age FROM cursors FINAL HAVING count() > 0`,
          steps: [
            [DAY_S, "yellow"],
            [4 * DAY_S, "red"],
          ],
        }),
        number({
          title: "Gaps in this range",
          about:
            "Intervals that a journal had dropped before they were read. What became of them: after202 backfill, GET /v1/stream.",
          span: 4,
          height: 4,
          query: `SELECT count() AS gaps FROM coverage FINAL WHERE gap_until >= $__fromTime AND gap_from <= $__toTime`,
          steps: NONE_IS_GOOD,
        }),
        number({
          title: "Dead letters that wait",
          about: "Input that could not be read, of all time: after202 dead-letters list.",
          span: 4,
          height: 4,
          query: `SELECT count() AS letters FROM dead_letters FINAL WHERE discarded = 0`,
          steps: NONE_IS_GOOD,
        }),
      ],
    ],
    [
      "Ways in",
      [
        overTime({
          title: "Events by the way they came",
          about:
            "Distinct events a minute and way. What comes by two ways counts for both; lines that part show what one of them loses. Kept for two days.",
          span: 12,
          height: 8,
          by: "way",
          tell: ["sum", "lastNotNull"],
          step: "1m",
          query: `
            SELECT $__timeInterval(minute) AS time, concat(path, ' ', source) AS way, uniq(event) AS events
            FROM sightings
            WHERE $__timeFilter(minute) AND minute >= now() - INTERVAL 2 DAY AND path != 'replay'
            GROUP BY time, way ORDER BY time, way`,
        }),
        rows({
          title: "What each way brought in the last hour",
          about:
            "Of the events of the hour before the last five minutes: brought first, brought later than another, never brought.",
          span: 12,
          height: 8,
          empty: "no events",
          columns: { never: { steps: [[1, "red"]] } },
          query: `
            WITH
              seen AS (
                SELECT minute, event, concat(path, ' ', source) AS way, min(seen_at) AS at FROM sightings
                WHERE minute >= now() - INTERVAL 65 MINUTE AND minute < now() - INTERVAL 5 MINUTE AND path != 'replay' AND event % 8 = 0
                GROUP BY minute, event, way
              ),
              ranked AS (SELECT way, row_number() OVER (PARTITION BY minute, event ORDER BY at, way) = 1 AS is_first FROM seen)
            SELECT way, 8 * countIf(is_first) AS first, 8 * countIf(NOT is_first) AS later,
                   8 * ((SELECT uniqExact(minute, event) FROM seen) - count()) AS never
            FROM ranked GROUP BY way ORDER BY way`,
        }),
        rows({
          title: "Journals",
          about: "How far each journal has been read, and when what it holds next is dropped by Adobe.",
          span: 24,
          height: 5,
          empty: "no journal is read",
          columns: {
            read_until: { unit: "dateTimeAsIso" },
            newest_event: { unit: "dateTimeAsIso" },
            saved: { unit: "dateTimeAsIso" },
            behind: { unit: "dtdurations", steps: [[DAY_S, "red"]] },
            expires_in: { unit: "dtdurations" },
          },
          query: `
            SELECT source AS journal, covered_until AS read_until, last_event_at AS newest_event, saved_at AS saved,
                   dateDiff('second', ifNull(covered_until, saved_at), now64(3)) AS behind,
                   greatest(0, 604800 - dateDiff('second', least(saved_at, ifNull(last_event_at, saved_at)), now64(3))) AS expires_in
            FROM cursors FINAL ORDER BY source`,
        }),
      ],
    ],
    [
      "Completeness",
      [
        overTime({
          title: "Records stated and seen, by window",
          about:
            "What the stream's metrics events state, against what of it has arrived: the two lie on each other when nothing is missing.",
          span: 12,
          height: 8,
          step: "1h",
          colors: { stated: "blue", seen: "green", missing: "red" },
          query: `
            SELECT $__timeInterval(window_start) AS time, sum(stated) AS stated, sum(seen) AS seen, sum(missing) AS missing
            FROM completeness FINAL WHERE $__timeFilter(window_start) AND ${OF_INSTANCE}
            GROUP BY time ORDER BY time`,
        }),
        rows({
          title: "Incomplete windows",
          about:
            "Where something is missing: read the journal from there again (after202 backfill --since), it counts only what is new.",
          span: 12,
          height: 8,
          empty: "nothing is missing",
          columns: {
            from: MOMENT,
            until: MOMENT,
          },
          query: `
            SELECT window_start AS from, window_end AS until, instance, object_type, priority, stated, missing
            FROM completeness FINAL
            WHERE window_end >= $__fromTime AND window_start <= $__toTime AND missing > 0 AND ${OF_INSTANCE}
            ORDER BY from DESC LIMIT 200`,
        }),
        rows({
          title: "Journals read again",
          about:
            "By hand (asked) or by itself: because a position had expired, records were missing or a way was silent.",
          span: 12,
          height: 7,
          empty: "none in this range",
          columns: { started: MOMENT },
          query: `
            SELECT started_at AS started, source AS journal, reason, state, events, fresh AS new, duplicate, dead, fault
            FROM repairs FINAL WHERE $__timeFilter(started_at) ORDER BY started DESC LIMIT 100`,
        }),
        rows({
          title: "Gaps",
          about: "Intervals that a journal no longer held when it was asked (410).",
          span: 12,
          height: 7,
          empty: "none in this range",
          columns: {
            from: MOMENT,
            until: MOMENT,
          },
          query: `
            SELECT gap_from AS from, gap_until AS until, source AS journal, reason
            FROM coverage FINAL WHERE gap_until >= $__fromTime AND gap_from <= $__toTime ORDER BY from DESC LIMIT 100`,
        }),
      ],
    ],
    [
      "Queues, rejections, dead letters",
      [
        overTime({
          title: "Backlog of Marketo's queues",
          about: "Records that wait there, as the status events say, by instance and priority.",
          span: 12,
          height: 8,
          by: "queue",
          tell: ["max", "lastNotNull"],
          query: `
            SELECT $__timeInterval(at) AS time, concat(instance, ' ', priority) AS queue, max(record_backlog) AS records
            FROM stream_status WHERE $__timeFilter(at) AND priority != '' AND ${OF_INSTANCE}
            GROUP BY time, queue ORDER BY time, queue`,
        }),
        overTime({
          title: "Rejected requests, as Marketo counts them",
          about:
            "By code, of the metrics events. More than after202 knows of: somebody submits without reporting it.",
          span: 12,
          height: 8,
          ...HOURLY_BARS,
          by: "code",
          query: `
            SELECT $__timeInterval(window_start) AS time, code, sum(n) AS requests
            FROM (
              SELECT instance, window_start, argMax((failed_codes, failed_counts), received) AS rejected FROM stream_metrics
              WHERE object_type = '' AND $__timeFilter(window_start) AND ${OF_INSTANCE}
              GROUP BY instance, window_start
            )
            ARRAY JOIN rejected.1 AS code, rejected.2 AS n
            GROUP BY time, code ORDER BY time, code`,
        }),
        overTime({
          title: "Dead letters by code",
          about: "When they arrived; those run again or given up since are among them.",
          span: 12,
          height: 8,
          bars: true,
          stacked: true,
          by: "code",
          shades: "red",
          step: "1m",
          query: `
            SELECT $__timeInterval(at) AS time, code, count() AS letters
            FROM dead_letters FINAL WHERE $__timeFilter(at) GROUP BY time, code ORDER BY time, code`,
        }),
        rows({
          title: "Newest dead letters that wait",
          about: "What could not be read, and why. With a newer version: after202 dead-letters redrive.",
          span: 12,
          height: 8,
          empty: "none",
          columns: {
            at: MOMENT,
            code: { width: 180 },
            dead_letter: { width: 150 },
          },
          query: `
            SELECT at, code, path, reason, dead_letter_id AS dead_letter
            FROM dead_letters FINAL WHERE discarded = 0 ORDER BY at DESC LIMIT 100`,
        }),
      ],
    ],
  ],
};
