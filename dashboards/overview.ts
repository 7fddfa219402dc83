/** *Overview*: what was sent, what became of it, and whether anything needs somebody. */
import { OUTCOME_COLORS, STATE_COLORS } from "./colors.ts";
import { among, HOURS, OF_KIND, TRAFFIC } from "./conditions.ts";
import { type Frame, INSTANCE, OBJECT_TYPE } from "./frame.ts";
import { bars, HOURLY_BARS, number, overTime, rows, type Steps } from "./panels.ts";

const counted = (expression: string, condition = "1"): string => `
  SELECT ${expression} FROM hourly WHERE ${HOURS} AND ${OF_KIND} AND ${condition}`;
const NONE_IS_GOOD: Steps = [[1, "red"]];

export const OVERVIEW: Frame = {
  name: "overview",
  title: "Overview",
  about:
    "What was sent, what became of it, and whether anything needs somebody. Counted by the hour, once a minute.",
  from: "now-24h",
  variables: [INSTANCE, OBJECT_TYPE],
  rows: [
    [
      "In this range",
      [
        number({
          title: "Requests",
          about: "Requests that began in this range, whole hours.",
          span: 4,
          height: 4,
          query: counted("sum(requests) AS requests"),
        }),
        number({
          title: "Records done",
          about: "Records created or updated by them.",
          span: 4,
          height: 4,
          query: counted("sum(created + updated) AS done"),
        }),
        number({
          title: "Records failed",
          about: "Records that failed for good. Which codes: below.",
          span: 4,
          height: 4,
          query: counted("sum(failed) AS failed"),
          steps: NONE_IS_GOOD,
        }),
        number({
          title: "Records waiting",
          about: "Records of which nothing is known yet, of requests that are not given up.",
          span: 4,
          height: 4,
          query: counted("sum(outstanding) AS waiting", "state IN ('accepted', 'processing', 'retrying')"),
          steps: [[1, "yellow"]],
        }),
        number({
          title: "Given up",
          about:
            "Requests that are exhausted (a link field found no person in time) or overdue (never heard of again).",
          span: 4,
          height: 4,
          query: counted("sum(requests) AS requests", "state IN ('exhausted', 'overdue')"),
          steps: NONE_IS_GOOD,
        }),
        number({
          title: "Counted up to",
          about:
            "How long ago the hourly counts were brought up to date. More than a few minutes: no process with the role alerts is running, or it is catching up.",
          span: 4,
          height: 4,
          unit: "s",
          decimals: 0,
          query:
            "SELECT dateDiff('second', max(at), now64(3)) AS age FROM sweep_cursors FINAL WHERE name = 'hourly' HAVING count() > 0",
          steps: [
            [300, "yellow"],
            [1_800, "red"],
          ],
        }),
      ],
    ],
    [
      "Requests",
      [
        overTime({
          title: "Requests by state, by the hour they began",
          about: "As they stand now: a bar changes until its last request is settled.",
          span: 16,
          height: 10,
          ...HOURLY_BARS,
          by: "state",
          colors: STATE_COLORS,
          query: `
            SELECT $__timeInterval(hour) AS time, state, sum(requests) AS requests
            FROM hourly WHERE ${HOURS} AND ${OF_KIND}
            GROUP BY time, state ORDER BY time, state`,
        }),
        rows({
          title: "States",
          about: "All states in this range, with the records behind them.",
          span: 8,
          height: 10,
          columns: {
            state: { states: true, width: 130 },
            requests: { unit: "short" },
            records: { unit: "short" },
            failed: { unit: "short" },
            waiting: { unit: "short" },
          },
          query: `
            SELECT state, sum(requests) AS requests, sum(expected) AS records, sum(failed) AS failed, sum(outstanding) AS waiting
            FROM hourly WHERE ${HOURS} AND ${OF_KIND}
            GROUP BY state ORDER BY requests DESC`,
        }),
        overTime({
          title: "The last hour, by the minute",
          about: "Folded when the panel is drawn: what is happening now, whatever the range above.",
          span: 12,
          height: 8,
          last: "1h",
          step: "1m",
          bars: true,
          stacked: true,
          by: "state",
          colors: STATE_COLORS,
          query: `
            SELECT $__timeInterval(at) AS time, state, sum(requests) AS requests
            FROM ${TRAFFIC}
            WHERE ${OF_KIND}
            GROUP BY time, state ORDER BY time, state`,
        }),
        rows({
          title: "Alerts that fire",
          about: "Newest first. Their requests, history and who was told: after202 alerts, or the web page.",
          span: 12,
          height: 8,
          empty: "nothing fires",
          columns: {
            since: { unit: "dateTimeFromNow", width: 110 },
            alert: { width: 150 },
            severity: { hidden: true },
          },
          query: `
            SELECT starts_at AS since, rule AS alert, severity, concat_ws(' ', instance, object_name, source) AS of, requests, reason
            FROM alerts FINAL WHERE status = 'firing' AND (instance = '' OR ${among("instance", "instance")})
            ORDER BY starts_at DESC LIMIT 100`,
        }),
      ],
    ],
    [
      "Records",
      [
        overTime({
          title: "Records by outcome",
          about: "Of the requests that began in each hour.",
          span: 12,
          height: 8,
          ...HOURLY_BARS,
          colors: OUTCOME_COLORS,
          query: `
            SELECT $__timeInterval(hour) AS time, sum(created) AS created, sum(updated) AS updated,
                   sum(outstanding) AS outstanding, sum(failed) AS failed
            FROM hourly WHERE ${HOURS} AND ${OF_KIND}
            GROUP BY time ORDER BY time`,
        }),
        overTime({
          title: "Failed records by code",
          about:
            "Codes as the stream reports them; those of attempts that were made good are not among them.",
          span: 12,
          height: 8,
          ...HOURLY_BARS,
          by: "code",
          query: `
            SELECT $__timeInterval(hour) AS time, code, sum(n) AS records
            FROM hourly ARRAY JOIN mapKeys(failed_by_code) AS code, mapValues(failed_by_code) AS n
            WHERE ${HOURS} AND ${OF_KIND}
            GROUP BY time, code ORDER BY time, code`,
        }),
        rows({
          title: "Failure codes by object",
          about: "Where the failures come from; 1004 and 404 are, by default, links that found no person.",
          span: 12,
          height: 8,
          query: `
            SELECT code, instance, object_type, object_name, sum(n) AS records
            FROM hourly ARRAY JOIN mapKeys(failed_by_code) AS code, mapValues(failed_by_code) AS n
            WHERE ${HOURS} AND ${OF_KIND}
            GROUP BY code, instance, object_type, object_name ORDER BY records DESC LIMIT 100`,
          columns: { code: { width: 80 }, records: { unit: "short", width: 110 } },
        }),
        bars({
          title: "From the request to its settlement",
          about: "How long requests took that are settled. More than 5 minutes means that Marketo retried.",
          span: 12,
          height: 8,
          name: "took",
          value: "requests",
          query: `
            SELECT took, n AS requests
            FROM (
              SELECT sumForEach(settled_within) AS counts FROM hourly
              WHERE ${HOURS} AND ${OF_KIND} AND state != 'rejected'
            )
            ARRAY JOIN ['up to 10 s', '1 min', '5 min', '15 min', '35 min', '65 min', '6 h', 'longer'] AS took,
                       arrayResize(counts, 8) AS n`,
        }),
      ],
    ],
    [
      "Marketo's queue and quota",
      [
        overTime({
          title: "Queue lag",
          about:
            "What Marketo's status events say its queues lag behind, by instance and priority. While it lags, after202 waits longer before it gives up.",
          span: 12,
          height: 8,
          unit: "s",
          by: "queue",
          tell: ["max", "lastNotNull"],
          query: `
            SELECT $__timeInterval(at) AS time, concat(instance, ' ', priority) AS queue, max(lag_seconds) AS lag
            FROM stream_status
            WHERE $__timeFilter(at) AND priority != '' AND ${among("instance", "instance")}
            GROUP BY time, queue ORDER BY time, queue`,
        }),
        overTime({
          title: "Daily quota left",
          about:
            "Records that may still be sent today, as the status events say. It is full again at midnight of the subscription's time zone.",
          span: 12,
          height: 8,
          by: "instance",
          tell: ["min", "lastNotNull"],
          query: `
            SELECT $__timeInterval(at) AS time, instance, min(quota) AS records
            FROM stream_status
            WHERE $__timeFilter(at) AND isNotNull(quota) AND ${among("instance", "instance")}
            GROUP BY time, instance ORDER BY time, instance`,
        }),
      ],
    ],
  ],
};
