/** Prometheus metrics of the pipeline, the sources and alerting; those of HTTP are the API's own. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EngineFigures } from "./alerts/engine.ts";
import type { HourlyFigures } from "./alerts/hourly-rollup.ts";
import type { OutboxObserver } from "./alerts/outbox-observer.ts";
import { completenessOf, type JudgedWindow } from "./core/completeness.ts";
import type { SourceStatus } from "./core/ports.ts";
import { createLabelBound } from "./label-bound.ts";
import type { AppendOutcome, PipelineObserver } from "./pipeline/pipeline-observer.ts";
import { observeProcess } from "./process-metrics.ts";

// Series are there from the start, at 0: of a counter that begins with 1 nobody sees that it has increased.
const EVENT_OUTCOMES = ["new", "duplicate", "dead"];
const APPEND_OUTCOMES: readonly AppendOutcome[] = ["stored", "unavailable", "refused"];
const DELIVERY_OUTCOMES = ["delivered", "retried", "undeliverable"];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROWS = [1, 10, 100, 1_000, 5_000, 10_000, 20_000, 50_000];
/** Relays name themselves, in a header. */
const MOST_SOURCES = 50;
/** Instances are named by events. */
const MOST_INSTANCES = 100;
const MOST_KINDS = 20;

export interface ServiceMetrics {
  readonly registry: Registry;
  readonly observer: PipelineObserver;
  /** Shows the state of the sources at each scrape. */
  watchSources(statuses: () => readonly SourceStatus[]): void;
}

/** @param version of after202 */
export function createServiceMetrics(version: string): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  observeProcess(registry, version);
  const sourceLabel = createLabelBound(MOST_SOURCES);
  const events = new Counter({
    name: "after202_events_total",
    help: "Events taken in, by path, source and outcome (new, duplicate, dead).",
    labelNames: ["path", "source", "outcome"],
    registers,
  });
  const refused = new Counter({
    name: "after202_deliveries_refused_total",
    help: "Deliveries turned away before they were stored, by code; their sources send them again.",
    labelNames: ["path", "source", "code"],
    registers,
  });
  const buried = new Counter({
    name: "after202_dead_letters_total",
    help: "Input that went to dead letters, by code; the same again counts again.",
    labelNames: ["code"],
    registers,
  });
  const appends = new Histogram({
    name: "after202_store_append_seconds",
    help: "Duration of an append to the store, by outcome.",
    labelNames: ["outcome"],
    buckets: SECONDS,
    registers,
  });
  for (const outcome of APPEND_OUTCOMES) appends.zero({ outcome });
  const rows = new Histogram({
    name: "after202_store_append_rows",
    help: "Rows in an append to the store.",
    buckets: ROWS,
    registers,
  });
  const bufferedBytes = new Gauge({
    name: "after202_pipeline_buffered_bytes",
    help: "Bytes that wait to be stored.",
    registers,
  });
  const bufferedEvents = new Gauge({
    name: "after202_pipeline_buffered_events",
    help: "Events that wait to be stored.",
    registers,
  });
  return {
    registry,
    observer: {
      delivered(path, name, receipt) {
        const source = sourceLabel(name);
        events.inc({ path, source, outcome: "new" }, receipt.fresh);
        events.inc({ path, source, outcome: "duplicate" }, receipt.duplicate);
        events.inc({ path, source, outcome: "dead" }, receipt.dead);
      },
      refused: (path, source, code) => refused.inc({ path, source: sourceLabel(source), code }),
      buried: (code) => buried.inc({ code }),
      appending(count) {
        rows.observe(count);
        const stop = appends.startTimer();
        return (outcome) => void stop({ outcome });
      },
      buffered(bytes, count) {
        bufferedBytes.set(bytes);
        bufferedEvents.set(count);
      },
    },
    watchSources(statuses) {
      for (const { name, path } of statuses()) {
        for (const outcome of EVENT_OUTCOMES) events.inc({ path, source: name, outcome }, 0);
      }
      const up = new Gauge({
        name: "after202_source_up",
        help: "1 while a source reads or waits at the end of its stream, 0 while it retries after a fault.",
        labelNames: ["source", "path"],
        registers,
        collect() {
          for (const { name, path, state } of statuses()) {
            up.set({ source: name, path }, state === "reading" || state === "idle" ? 1 : 0);
          }
        },
      });
      const last = new Gauge({
        name: "after202_source_last_event_timestamp_seconds",
        help: "Time of the newest event that a source has delivered.",
        labelNames: ["source", "path"],
        registers,
        collect() {
          for (const { name, path, lastEventAt } of statuses()) {
            if (lastEventAt !== null) last.set({ source: name, path }, lastEventAt / 1_000);
          }
        },
      });
      const covered = new Gauge({
        name: "after202_source_covered_until_timestamp_seconds",
        help: "Time up to which a journal has been read and stored; it keeps events for 7 days.",
        labelNames: ["source", "path"],
        registers,
        collect() {
          for (const { name, path, coveredUntil } of statuses()) {
            if (coveredUntil !== null) covered.set({ source: name, path }, coveredUntil / 1_000);
          }
        },
      });
    },
  };
}

/** Metrics of alerting: what fires, what is told, and how long both take. */
export function createAlertMetrics(registry: Registry): {
  readonly outbox: OutboxObserver;
  readonly engine: (figures: EngineFigures) => void;
  readonly leading: (isLeading: boolean) => void;
  readonly completeness: (windows: readonly JudgedWindow[]) => void;
  readonly hourly: (figures: HourlyFigures) => void;
} {
  const registers = [registry];
  const leading = new Gauge({
    name: "after202_alerts_leading",
    help: "1 while this process runs alerting, 0 while another does; the sum over all is to be 1.",
    registers,
  });
  const completeness = new Gauge({
    name: "after202_stream_completeness_ratio",
    help: "Of the records that an instance's metrics events state, within 7 days, the share that has arrived.",
    labelNames: ["upstream_instance"],
    registers,
  });
  const missing = new Gauge({
    name: "after202_stream_missing_records",
    help: "Records that metrics events state, within 7 days, and that have not arrived.",
    labelNames: ["upstream_instance", "object_type", "priority"],
    registers,
  });
  const rollupAge = new Gauge({
    name: "after202_hourly_rollup_age_seconds",
    help: "How old what is counted in the hourly roll-up is; where it was never complete, since 1970.",
    registers,
  });
  const rollupLeft = new Gauge({
    name: "after202_hourly_rollup_left",
    help: "Hours that the roll-up has yet to count anew.",
    registers,
  });
  const firing = new Gauge({ name: "after202_alerts_firing", help: "Alerts that fire now.", registers });
  const evaluated = new Counter({
    name: "after202_alert_requests_evaluated_total",
    help: "Requests that sweeps have judged.",
    registers,
  });
  const ticks = new Histogram({
    name: "after202_alert_tick_seconds",
    help: "Duration of a round of sweeps and evaluation.",
    buckets: SECONDS,
    registers,
  });
  const deliveries = new Counter({
    name: "after202_alert_deliveries_total",
    help: "Notifications by hook and outcome (delivered, retried, undeliverable).",
    labelNames: ["hook", "outcome"],
    registers,
  });
  const latency = new Histogram({
    name: "after202_alert_delivery_seconds",
    help: "From the making of a notification to its delivery, by hook.",
    labelNames: ["hook"],
    buckets: [...SECONDS, 60, 600, 3_600, 86_400],
    registers,
  });
  const waiting = new Gauge({
    name: "after202_alert_deliveries_waiting",
    help: "Notifications that wait for a hook.",
    labelNames: ["hook"],
    registers,
  });
  return {
    hourly({ ageMs, left }) {
      rollupAge.set(ageMs / 1_000);
      rollupLeft.set(left);
    },
    completeness(windows) {
      completeness.reset();
      missing.reset();
      // not `instance`: that label is Prometheus's own, and would be renamed at every scrape
      const [type, rank] = [createLabelBound(MOST_KINDS), createLabelBound(MOST_KINDS)];
      for (const [upstream_instance, own] of byInstance(windows)) {
        completeness.set({ upstream_instance }, completenessOf(own));
        for (const { objectType, priority, missing: count } of own) {
          missing.inc({ upstream_instance, object_type: type(objectType), priority: rank(priority) }, count);
        }
      }
    },
    outbox: {
      delivered(hook, seconds) {
        deliveries.inc({ hook, outcome: "delivered" });
        latency.observe({ hook }, seconds);
      },
      retried: (hook) => deliveries.inc({ hook, outcome: "retried" }),
      undeliverable: (hook) => deliveries.inc({ hook, outcome: "undeliverable" }),
      waiting(hook, count) {
        waiting.set({ hook }, count);
        for (const outcome of DELIVERY_OUTCOMES) deliveries.inc({ hook, outcome }, 0);
      },
    },
    leading: (isLeading) => leading.set(isLeading ? 1 : 0),
    engine(figures) {
      firing.set(figures.firing);
      evaluated.inc(figures.evaluated);
      ticks.observe(figures.tickMs / 1_000);
    },
  };
}

function byInstance(windows: readonly JudgedWindow[]): Map<string, JudgedWindow[]> {
  const label = createLabelBound(MOST_INSTANCES);
  const groups = new Map<string, JudgedWindow[]>();
  for (const one of windows) {
    const instance = label(one.instance);
    groups.set(instance, [...(groups.get(instance) ?? []), one]);
  }
  return groups;
}
