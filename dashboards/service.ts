/** *Service*: after202 itself, from its own /metrics: intake, store, alerting, HTTP, process. */
import type { Frame } from "./frame.ts";
import { number, overTime } from "./panels.ts";

const RATE = "[$__rate_interval]";
const quantile = (q: number, metric: string, by = ""): string =>
  `histogram_quantile(${q}, sum by (le${by === "" ? "" : `, ${by}`}) (rate(${metric}_bucket${RATE})))`;

export const SERVICE: Frame = {
  name: "service",
  title: "Service",
  about: "after202 itself, as Prometheus scrapes it: intake, store, alerting, HTTP, processes.",
  from: "now-6h",
  prometheus: true,
  rows: [
    [
      "Now",
      [
        number({
          title: "Processes",
          about: "Processes of after202 that Prometheus reaches.",
          span: 4,
          height: 4,
          query: [["count(after202_process_start_time_seconds) or vector(0)", "processes"]],
          base: "red",
          steps: [[1, "green"]],
        }),
        number({
          title: "Run alerting",
          about: "Processes that run alerting: exactly one should.",
          span: 4,
          height: 4,
          query: [["sum(after202_alerts_leading) or vector(0)", "leading"]],
          base: "red",
          steps: [
            [1, "green"],
            [2, "red"],
          ],
        }),
        number({
          title: "Sources down",
          about: "Sources that retry after a fault; which: below, and GET /v1/stream says why.",
          span: 4,
          height: 4,
          query: [["count(after202_source_up == 0) or vector(0)", "down"]],
          steps: [[1, "red"]],
        }),
        number({
          title: "Waiting to be stored",
          about: "Events in memory. They are acknowledged only when they are stored.",
          span: 4,
          height: 4,
          query: [["sum(after202_pipeline_buffered_events)", "events"]],
        }),
        number({
          title: "Notifications that wait",
          about: "For a hook: its receiver is away, or slow.",
          span: 4,
          height: 4,
          query: [["sum(after202_alert_deliveries_waiting) or vector(0)", "waiting"]],
          steps: [[10, "yellow"]],
        }),
        number({
          title: "Roll-up age",
          about: "How old the hourly counts are that the other dashboards show.",
          span: 4,
          height: 4,
          unit: "s",
          decimals: 0,
          query: [
            ["max(after202_hourly_rollup_age_seconds and on (instance) after202_alerts_leading == 1)", "age"],
          ],
          steps: [
            [300, "yellow"],
            [1_800, "red"],
          ],
        }),
      ],
    ],
    [
      "Intake",
      [
        overTime({
          title: "Events taken in",
          about:
            "A second, by way and outcome. New: not known before; duplicate: by another way or again; dead: not readable.",
          span: 12,
          height: 8,
          unit: "cps",
          tell: ["mean", "max"],
          query: [[`sum by (path, outcome) (rate(after202_events_total${RATE}))`, "{{path}} {{outcome}}"]],
        }),
        overTime({
          title: "Turned away before it was stored",
          about:
            "Deliveries answered with a code, a second; their senders come again on BUFFER_FULL and STORE_UNAVAILABLE.",
          span: 12,
          height: 8,
          unit: "cps",
          tell: ["mean", "max"],
          query: [
            [`sum by (path, code) (rate(after202_deliveries_refused_total${RATE}))`, "{{path}} {{code}}"],
            [`sum by (code) (rate(after202_dead_letters_total${RATE}))`, "dead letter {{code}}"],
          ],
        }),
        overTime({
          title: "Age of the newest event, by source",
          about: "Growing while the others go on: that source is stuck or silent.",
          span: 12,
          height: 8,
          unit: "s",
          tell: ["lastNotNull", "max"],
          query: [
            ["time() - max by (source, path) (after202_source_last_event_timestamp_seconds)", "{{source}}"],
          ],
        }),
        overTime({
          title: "Sources that work",
          about:
            "1 while a source reads or waits at the end of its stream, 0 while it retries after a fault.",
          span: 12,
          height: 8,
          max: 1,
          tell: ["lastNotNull", "min"],
          query: [["min by (source, path) (after202_source_up)", "{{source}}"]],
        }),
      ],
    ],
    [
      "Store",
      [
        overTime({
          title: "Time of an append",
          about:
            "Half and 99 of 100 inserts into ClickHouse are faster. Growing with the buffer: ClickHouse is the bottleneck.",
          span: 8,
          height: 8,
          unit: "s",
          tell: ["lastNotNull", "max"],
          query: [
            [quantile(0.5, "after202_store_append_seconds"), "half"],
            [quantile(0.99, "after202_store_append_seconds"), "99 %"],
          ],
        }),
        overTime({
          title: "Appends, by outcome",
          about: "A second. Failed ones are tried again; nothing is acknowledged before.",
          span: 8,
          height: 8,
          unit: "cps",
          tell: ["mean", "max"],
          query: [[`sum by (outcome) (rate(after202_store_append_seconds_count${RATE}))`, "{{outcome}}"]],
        }),
        overTime({
          title: "Waiting in memory",
          about: "Bytes that wait to be stored; at the limit, deliveries are turned away.",
          span: 8,
          height: 8,
          unit: "bytes",
          tell: ["lastNotNull", "max"],
          query: [["sum by (instance) (after202_pipeline_buffered_bytes)", "{{instance}}"]],
        }),
        overTime({
          title: "Rows an append",
          about: "How well the pipeline batches: few rows at a high rate cost ClickHouse parts.",
          span: 12,
          height: 8,
          tell: ["mean", "max"],
          query: [
            [
              `sum(rate(after202_store_append_rows_sum${RATE})) / sum(rate(after202_store_append_rows_count${RATE}))`,
              "rows",
            ],
          ],
        }),
        overTime({
          title: "Hours that the roll-up has yet to count",
          about:
            "Stays above nothing for long while history is replayed, or when the store is too slow for it.",
          span: 12,
          height: 8,
          tell: ["lastNotNull", "max"],
          query: [["max(after202_hourly_rollup_left)", "hours"]],
        }),
      ],
    ],
    [
      "Alerting and hooks",
      [
        overTime({
          title: "Requests judged, and the time of a round",
          about: "What sweeps judge a second; the time of a round says whether they keep up.",
          span: 8,
          height: 8,
          tell: ["mean", "max"],
          query: [
            [`sum(rate(after202_alert_requests_evaluated_total${RATE}))`, "judged a second"],
            [quantile(0.99, "after202_alert_tick_seconds"), "99 % of rounds, seconds"],
          ],
        }),
        overTime({
          title: "Notifications, by hook and outcome",
          about:
            "In the last five minutes. Undeliverable: the receiver refused it, or stayed away for too long.",
          span: 8,
          height: 8,
          tell: ["sum", "max"],
          query: [
            [
              "sum by (hook, outcome) (increase(after202_alert_deliveries_total[5m]))",
              "{{hook}} {{outcome}}",
            ],
          ],
        }),
        overTime({
          title: "From making a notification to its delivery",
          about: "99 of 100 were faster, by hook.",
          span: 8,
          height: 8,
          unit: "s",
          tell: ["lastNotNull", "max"],
          query: [[quantile(0.99, "after202_alert_delivery_seconds", "hook"), "{{hook}}"]],
        }),
      ],
    ],
    [
      "HTTP and processes",
      [
        overTime({
          title: "Calls, by status",
          about: "Calls of the API a second.",
          span: 8,
          height: 8,
          unit: "reqps",
          tell: ["mean", "max"],
          query: [
            [`sum by (status) (rate(after202_http_request_duration_seconds_count${RATE}))`, "{{status}}"],
          ],
        }),
        overTime({
          title: "Slowest routes",
          about:
            "99 of 100 calls were faster, the eight slowest routes. Waiting calls (long polls, live feed) are long by nature.",
          span: 8,
          height: 8,
          unit: "s",
          tell: ["lastNotNull", "max"],
          query: [
            [`topk(8, ${quantile(0.99, "after202_http_request_duration_seconds", "route")})`, "{{route}}"],
          ],
        }),
        overTime({
          title: "Problems, by code",
          about: "Calls that were answered with an error, in the last five minutes; codes as in the README.",
          span: 8,
          height: 8,
          tell: ["sum", "max"],
          query: [["sum by (code) (increase(after202_http_problems_total[5m]))", "{{code}}"]],
        }),
        overTime({
          title: "Memory",
          about: "Resident memory of each process; with the embedded store ClickHouse's is in it.",
          span: 8,
          height: 8,
          unit: "bytes",
          tell: ["lastNotNull", "max"],
          query: [["after202_process_resident_memory_bytes", "{{instance}}"]],
        }),
        overTime({
          title: "Processor",
          about: "Cores used by each process.",
          span: 8,
          height: 8,
          tell: ["mean", "max"],
          query: [[`rate(after202_process_cpu_seconds_total${RATE})`, "{{instance}}"]],
        }),
        overTime({
          title: "Event loop lag",
          about:
            "99 of 100 turns of Node's event loop were late by less. Beyond a second the process hardly answers.",
          span: 8,
          height: 8,
          unit: "s",
          tell: ["lastNotNull", "max"],
          query: [["after202_nodejs_eventloop_lag_p99_seconds", "{{instance}}"]],
        }),
      ],
    ],
  ],
};
