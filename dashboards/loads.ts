/** *Loads*: jobs, backfills and campaigns by their correlation ids, and the bulk jobs of Data Cloud. */
import { among, HOURS, OF_KIND, RECENT_LIFECYCLES } from "./conditions.ts";
import { STATE_COLORS } from "./colors.ts";
import { type Frame, INSTANCE, OBJECT_TYPE, typed } from "./frame.ts";
import { HOURLY_BARS, MOMENT, overTime, rows } from "./panels.ts";

const LOAD = "${load:singlequote}";
const OF_LOAD = `(${LOAD} = '' OR correlation_id = ${LOAD} OR startsWith(correlation_id, concat(${LOAD}, '/')))`;
const OPEN = "state IN ('unconfirmed', 'accepted', 'processing', 'retrying')";
/** Of a bulk job no end is known beforehand. */
const WAITS = `l.target = 'marketo' AND l.state IN ('accepted', 'processing', 'retrying')`;

export const LOADS: Frame = {
  name: "loads",
  title: "Loads",
  about:
    "Jobs, backfills and campaigns by their correlation ids, and the bulk jobs of Salesforce Data Cloud.",
  from: "now-2h",
  variables: [typed("load", "Correlation id"), INSTANCE, OBJECT_TYPE],
  rows: [
    [
      "Correlations",
      [
        rows({
          title: "Loads of this range",
          about:
            "Requests by the first part of their correlation id, of the last 2 hours of the range; done: the share of records whose end is known; until: when the first of those that wait is given up. A click leads to its requests; after202 status ID sums up a load of any length.",
          span: 24,
          height: 11,
          columns: {
            load: {
              link: [
                "Its requests",
                "/d/after202-requests?${__url_time_range}&${clickhouse:queryparam}&var-correlation_id=${__value.raw}",
              ],
            },
            done: { unit: "percentunit", gauge: [0, 1], width: 180 },
            open: { width: 80, steps: [[1, "yellow"]] },
            lost: { width: 80, steps: [[1, "red"]] },
            began: MOMENT,
            until: MOMENT,
          },
          query: `
            SELECT splitByChar('/', l.correlation_id)[1] AS load, min(l.t0) AS began, count() AS requests, sum(l.expected) AS records,
                   if(records = 0, 0, 1 - sum(l.outstanding) / records) AS done, sum(l.failed) AS failed,
                   countIf(l.${OPEN}) AS open, countIf(l.state IN ('exhausted', 'overdue')) AS lost,
                   if(countIf(${WAITS}) = 0, NULL, minIf(l.deadline_at, ${WAITS})) AS until
            FROM ${RECENT_LIFECYCLES} AS l
            WHERE l.correlation_id != '' AND ${OF_KIND} AND ${OF_LOAD}
            GROUP BY load ORDER BY open > 0 DESC, requests DESC LIMIT 200`,
        }),
        overTime({
          title: "Progress: records by when their requests began",
          about:
            "Of the loads above, or of the one that is named, by state now: what is behind, what is under way.",
          span: 12,
          height: 8,
          step: "1m",
          bars: true,
          stacked: true,
          by: "state",
          colors: STATE_COLORS,
          query: `
            SELECT $__timeInterval(t0) AS time, state, sum(expected) AS records
            FROM ${RECENT_LIFECYCLES}
            WHERE correlation_id != '' AND ${OF_KIND} AND ${OF_LOAD}
            GROUP BY time, state ORDER BY time, state`,
        }),
        rows({
          title: "Parts of the load that are not done",
          about: "Correlation ids below the load that hold requests still open, or given up.",
          span: 12,
          height: 8,
          empty: "all done",
          columns: {
            state: { states: true, width: 130 },
            requests: { width: 80 },
            outstanding: { width: 100 },
          },
          query: `
            SELECT l.correlation_id AS part, l.state AS state, count() AS requests, sum(l.outstanding) AS outstanding
            FROM ${RECENT_LIFECYCLES} AS l
            WHERE l.correlation_id != '' AND ${OF_KIND} AND ${OF_LOAD} AND l.state NOT IN ('succeeded', 'partially_failed')
            GROUP BY part, state ORDER BY outstanding DESC, part LIMIT 200`,
        }),
      ],
    ],
    [
      "Salesforce Data Cloud",
      [
        rows({
          title: "Bulk jobs",
          about:
            "The newest state that Data Cloud told of each job, and the rows that were uploaded. At most 500.",
          span: 24,
          height: 9,
          empty: "no bulk job in this range",
          columns: {
            began: MOMENT,
            seen: { unit: "dateTimeFromNow", width: 130 },
            job: { width: 190 },
          },
          query: `
            SELECT min((t0_rank, t0)).2 AS began, request_id AS job, any(instance) AS tenant, max(object_name) AS object,
                   transform(max(job_rank), [1, 2, 3, 4, 5, 6], ['Open', 'UploadComplete', 'InProgress', 'JobComplete', 'Failed', 'Aborted'], '') AS told,
                   maxIf(at, kind = 'job') AS seen,
                   arraySum(arrayMap(x -> x.2, groupUniqArrayIf((fact_id, received), kind = 'submission' AND http_status BETWEEN 200 AND 299))) AS rows_uploaded,
                   arraySum(arrayMap(x -> x.2, groupUniqArrayIf((fact_id, arraySum(failed_counts)), kind = 'result'))) AS rows_failed,
                   max(correlation_id) AS correlation
            FROM facts_by_time
            WHERE target = 'salesforce' AND $__timeFilter(minute) AND ${among("instance", "instance")}
            GROUP BY request_id HAVING max(kind = 'job') ORDER BY began DESC LIMIT 500`,
        }),
        overTime({
          title: "Requests to Data Cloud, by state",
          about:
            "By the hour they began. What goes by streaming stays accepted: Data Cloud tells nothing more of it.",
          span: 12,
          height: 8,
          ...HOURLY_BARS,
          by: "state",
          colors: STATE_COLORS,
          query: `
            SELECT $__timeInterval(hour) AS time, state, sum(requests) AS requests
            FROM hourly WHERE ${HOURS} AND target = 'salesforce' AND ${OF_KIND}
            GROUP BY time, state ORDER BY time, state`,
        }),
        overTime({
          title: "Rows sent to Data Cloud, by object",
          about: "By the hour in which their request or job began.",
          span: 12,
          height: 8,
          ...HOURLY_BARS,
          by: "object",
          query: `
            SELECT $__timeInterval(hour) AS time, concat(object_name, ' ', object_type) AS object, sum(expected) AS records
            FROM hourly WHERE ${HOURS} AND target = 'salesforce' AND ${OF_KIND}
            GROUP BY time, object ORDER BY time, object`,
        }),
      ],
    ],
  ],
};
