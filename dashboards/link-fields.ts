/** *Link fields*: which requests wait for persons, for how long still, and which were given up. */
import { HOURS, OF_KIND, WAITING_LIFECYCLES } from "./conditions.ts";
import { type Frame, INSTANCE, OBJECT_TYPE, WEB_PAGE } from "./frame.ts";
import { bars, HOURLY_BARS, MOMENT, number, overTime, rows } from "./panels.ts";

const WAITING = `link_bearing AND state IN ('accepted', 'processing', 'retrying') AND ${OF_KIND}`;
const LEFT = "greatest(0, dateDiff('second', now64(3), window_ends_at))";

/**
 * Distinct link values of waiting requests (an array of their ids, so that they are folded once), and of which of them a
 * submission of the person was accepted.
 */
const MISSING = `
  links AS (
    SELECT DISTINCT l.instance AS instance, l.digest AS digest, l.request_id AS request_id
    FROM link_digests_by_request AS l WHERE l.request_id IN (SELECT arrayJoin(ids))
  ),
  persons AS (
    SELECT DISTINCT instance, digest FROM link_digests
    WHERE role = 'person' AND accepted AND digest IN (SELECT digest FROM links)
      AND request_id NOT IN (SELECT request_id FROM fruitless_requests)
  )`;

export const LINK_FIELDS: Frame = {
  name: "link-fields",
  title: "Link fields",
  about: "Custom objects that wait for their persons: how long still, whom for, and what was given up.",
  from: "now-24h",
  variables: [INSTANCE, OBJECT_TYPE, WEB_PAGE],
  rows: [
    [
      "Now",
      [
        number({
          title: "Requests that wait",
          about: "With a link field, not settled, and the window for their persons still open.",
          span: 6,
          height: 4,
          query: `SELECT count() AS requests FROM ${WAITING_LIFECYCLES} WHERE ${WAITING}`,
          steps: [[1, "yellow"]],
        }),
        number({
          title: "At risk: less than 15 minutes left",
          about:
            "Whoever creates the missing persons now still saves these. The alert link-retry-at-risk tells of them (AT_RISK_LEAD).",
          span: 6,
          height: 4,
          query: `SELECT countIf(outstanding > 0 AND ${LEFT} < 900) AS requests FROM ${WAITING_LIFECYCLES} WHERE ${WAITING}`,
          steps: [[1, "orange"]],
        }),
        number({
          title: "Persons missing",
          about:
            "Distinct link values of waiting requests for which nobody has been upserted, as far as submissions tell link values and persons.",
          span: 6,
          height: 4,
          query: `
            WITH (SELECT groupArray(request_id) FROM ${WAITING_LIFECYCLES} WHERE ${WAITING}) AS ids, ${MISSING}
            SELECT uniqExact(instance, digest) AS persons FROM links WHERE (instance, digest) NOT IN (SELECT instance, digest FROM persons)`,
          steps: [[1, "orange"]],
        }),
        number({
          title: "Exhausted in this range",
          about: "Requests whose window closed before all of their persons were there, by when they began.",
          span: 6,
          height: 4,
          query: `SELECT sum(requests) AS requests FROM hourly WHERE ${HOURS} AND ${OF_KIND} AND state = 'exhausted'`,
          steps: [[1, "red"]],
        }),
        rows({
          title: "Who waits, the most urgent first",
          about:
            "With the time that is left and the link values that have no person yet; missing is empty where submissions told none.",
          span: 16,
          height: 11,
          empty: "nothing waits",
          columns: {
            request: { width: 290, link: ["On the web page", "${web_page:raw}/#/requests/${__value.raw}"] },
            time_left: {
              unit: "dtdurations",
              width: 110,
              steps: [
                [900, "yellow"],
                [1_800, "green"],
              ],
            },
            outstanding: { width: 95 },
            missing: { width: 80 },
          },
          query: `
            WITH
              (
                SELECT groupArray((request_id, instance, object_name, outstanding, ${LEFT}))
                FROM (
                  SELECT * FROM ${WAITING_LIFECYCLES} WHERE ${WAITING} AND outstanding + failed > 0
                  ORDER BY window_ends_at LIMIT 200
                )
              ) AS waiting,
              arrayMap(one -> one.1, waiting) AS ids,
              ${MISSING}
            SELECT w.5 AS time_left, w.1 AS request, w.2 AS instance, w.3 AS object_name, w.4 AS outstanding,
                   if(m.told = 0, NULL, m.missing) AS missing
            FROM (SELECT arrayJoin(waiting) AS w) AS found
            LEFT JOIN (
              SELECT request_id, count() AS told, countIf((instance, digest) NOT IN (SELECT instance, digest FROM persons)) AS missing
              FROM links GROUP BY request_id
            ) AS m ON m.request_id = w.1
            ORDER BY time_left, request`,
        }),
        bars({
          title: "Time left",
          about: "Requests that wait, by the minutes until their window closes.",
          span: 8,
          height: 11,
          name: "left",
          value: "requests",
          colors: { "under 5 min": "red", "5 to 15 min": "orange", "15 to 30 min": "yellow" },
          query: `
            SELECT name AS left, n AS requests
            FROM (
              SELECT arrayMap((low, high) -> countEqual(arrayMap(s -> s >= low AND s < high, groupArray(${LEFT})), 1),
                              [0, 300, 900, 1800], [300, 900, 1800, 1000000]) AS counts
              FROM ${WAITING_LIFECYCLES} WHERE ${WAITING}
            )
            ARRAY JOIN ['under 5 min', '5 to 15 min', '15 to 30 min', 'more'] AS name, counts AS n`,
        }),
      ],
    ],
    [
      "Over time",
      [
        overTime({
          title: "Exhausted requests, by object",
          about:
            "By the hour in which they began. Their persons have to be created and the objects sent again.",
          span: 12,
          height: 8,
          ...HOURLY_BARS,
          by: "object",
          shades: "red",
          query: `
            SELECT $__timeInterval(hour) AS time, concat(instance, ' ', object_name) AS object, sum(requests) AS requests
            FROM hourly WHERE ${HOURS} AND ${OF_KIND} AND state = 'exhausted'
            GROUP BY time, object ORDER BY time, object`,
        }),
        overTime({
          title: "Records that found no person",
          about:
            "Failed with a link code (LINK_FAILURE_CODES), or never heard of again when the window closed.",
          span: 12,
          height: 8,
          ...HOURLY_BARS,
          colors: { reported: "orange", unheard_of: "red" },
          query: `
            SELECT $__timeInterval(hour) AS time, sum(failed) AS reported, sum(outstanding) AS unheard_of
            FROM hourly WHERE ${HOURS} AND ${OF_KIND} AND state = 'exhausted'
            GROUP BY time ORDER BY time`,
        }),
        rows({
          title: "Alerts about link fields in this range",
          about:
            "What fired, how many requests were behind it, and how it ended; recovered: a late success undid it.",
          span: 24,
          height: 8,
          empty: "none in this range",
          columns: {
            since: MOMENT,
            ended: MOMENT,
            alert: { width: 160 },
            status: { width: 90 },
            requests: { width: 80 },
            missing: { width: 80 },
          },
          query: `
            SELECT starts_at AS since, rule AS alert, status, instance, object_name, requests,
                   if(missing_persons = '', NULL, JSONExtractUInt(missing_persons, 'count')) AS missing, outstanding, reason, ends_at AS ended
            FROM alerts FINAL
            WHERE $__timeFilter(starts_at) AND startsWith(rule, 'link-retry')
            ORDER BY since DESC LIMIT 200`,
        }),
      ],
    ],
  ],
};
