/** *Requests*: find one by its id, its correlation, its state, and see what became of it. */
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { STATE_COLORS } from "./colors.ts";
import { ALL, among, lifecyclesBetween, OF_KIND, RECENT_LIFECYCLES } from "./conditions.ts";
import { type Frame, INSTANCE, OBJECT_TYPE, typed, WEB_PAGE } from "./frame.ts";
import { type Column, MOMENT, rows } from "./panels.ts";

const ID = "${request_id:singlequote}";
/** When the facts of the one request began, the earliest and the latest of what they say. */
const begins = (which: "min" | "max"): string =>
  `(SELECT fromUnixTimestamp64Milli(${which}(JSONExtractInt(fact, 3)), 'UTC') FROM facts WHERE request_id = ${ID})`;
const ONE = lifecyclesBetween(begins("min"), `${begins("max")} + INTERVAL 1 SECOND`);

const OPEN_HERE: Column = {
  width: 290,
  link: [
    "What became of it",
    "/d/after202-requests?${__url_time_range}&${clickhouse:queryparam}&${web_page:queryparam}&var-request_id=${__value.raw}",
  ],
};

const state = new dashboard.CustomVariableBuilder("state")
  .label("State")
  .values(Object.keys(STATE_COLORS).join(","))
  .multi(true)
  .includeAll(true)
  .allValue(ALL)
  .current({ text: "All", value: "$__all" });

export const REQUESTS: Frame = {
  name: "requests",
  title: "Requests",
  about: "Find a request by its id, its correlation or its state, and see what became of it.",
  from: "now-1h",
  variables: [
    typed("request_id", "Request id"),
    typed("correlation_id", "Correlation id"),
    INSTANCE,
    OBJECT_TYPE,
    state,
    WEB_PAGE,
  ],
  rows: [
    [
      "The request of this id",
      [
        rows({
          title: "How it stands",
          about:
            "The fold of its facts, now, whatever the range. A submission that the stream adopted stands under the stream's id.",
          span: 24,
          height: 4,
          empty: "no request has this id",
          columns: {
            request: {
              width: 290,
              link: ["On the web page", "${web_page:raw}/#/requests/${__value.raw}"],
            },
            state: { states: true, width: 120 },
            evidence: { width: 90 },
            waiting_until: { unit: "dateTimeAsIso" },
            began: { unit: "dateTimeAsIso" },
          },
          query: `
            SELECT request_id AS request, state, evidence, instance, object_type, object_name, expected, created, updated, failed, outstanding,
                   t0 AS began, if(terminal, NULL, deadline_at) AS waiting_until
            FROM ${ONE}
            WHERE request_id = ${ID}`,
        }),
        rows({
          title: "What is known of it",
          about:
            "Its facts in the order of their times: attempts of the submitting side, entries of results events, states of a job.",
          span: 24,
          height: 7,
          empty: "no request has this id",
          columns: {
            at: MOMENT,
            what: { width: 110 },
            told_by: { width: 300 },
          },
          query: `
            SELECT fromUnixTimestamp64Milli(JSONExtractInt(fact, 2), 'UTC') AS at, JSONExtractString(fact, 1) AS what,
                   multiIf(
                     what = 'submission', if(JSONExtractInt(fact, 24) = 0, 'no response', concat('answered ', JSONExtractRaw(fact, 24))),
                     what = 'job', JSONExtractString(fact, 28),
                     concat(JSONExtractRaw(fact, 15), ' created, ', JSONExtractRaw(fact, 16), ' updated')) AS told,
                   arrayStringConcat(arrayMap((code, n) -> concat(code, ' ×', toString(n)), JSONExtract(fact, 17, 'Array(String)'), JSONExtract(fact, 18, 'Array(UInt64)')), ', ') AS failed,
                   JSONExtractInt(fact, 14) AS records, JSONExtractString(fact, 12) AS correlation,
                   if(JSONExtractString(fact, 19) = '', JSONExtractString(fact, 20), JSONExtractString(fact, 19)) AS told_by
            FROM (SELECT fact_id, argMax(fact, version) AS fact FROM facts WHERE request_id = ${ID} GROUP BY fact_id)
            ORDER BY at, what DESC`,
        }),
      ],
    ],
    [
      "Requests of this range",
      [
        rows({
          title: "Requests, newest first",
          about:
            "At most 500, of the last 2 hours of the range: choose a shorter one to see older requests. A correlation id finds all below its path. A click opens one.",
          span: 24,
          height: 14,
          columns: {
            request: OPEN_HERE,
            state: { states: true, width: 120 },
            evidence: { width: 85 },
            began: MOMENT,
            settled: MOMENT,
          },
          query: `
            SELECT t0 AS began, request_id AS request, state, evidence, instance, object_type, object_name, correlation_id AS correlation,
                   expected, failed, outstanding, settled_at AS settled
            FROM ${RECENT_LIFECYCLES}
            WHERE ${OF_KIND} AND ${among("state", "state")}
              AND (\${correlation_id:singlequote} = '' OR correlation_id = \${correlation_id:singlequote} OR startsWith(correlation_id, concat(\${correlation_id:singlequote}, '/')))
            ORDER BY began DESC LIMIT 500`,
        }),
      ],
    ],
  ],
};
