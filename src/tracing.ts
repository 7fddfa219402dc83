/**
 * Tracing, wired: settled requests to an OpenTelemetry collector, when the settings name one.
 */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Config } from "./config.ts";
import { createLedger } from "./core/ledger.ts";
import type { Clock, FactReader, Logger } from "./core/ports.ts";
import type { TraceStore } from "./core/trace-ports.ts";
import { createOtlpSink } from "./traces/otlp-sink.ts";
import { SettledRequests } from "./traces/settled-requests.ts";
import { createTraceExport, type TraceFigures } from "./traces/trace-export.ts";

export interface TracingParts {
  readonly store: TraceStore & { readonly unhurried: FactReader };
  readonly config: Pick<Config, "values" | "lifecycle">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly coveredUntil: (now: number) => Promise<number>;
  readonly version: string;
}

export interface Tracing {
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** @returns undefined where no collector is named */
export function openTracing({ store, config, clock, registry, ...parts }: TracingParts): Tracing | undefined {
  const { values, lifecycle: settings } = config;
  const url = tracesUrl(values);
  if (url === undefined) return undefined;
  const headers = values.OTEL_EXPORTER_OTLP_HEADERS ?? {};
  const observe = createTraceMetrics(registry);
  return {
    async run(signal) {
      const serviceName = values.OTEL_SERVICE_NAME ?? "after202";
      const sink = createOtlpSink({ url, headers, serviceName, version: parts.version });
      const settled = new SettledRequests({ store, settings, share: values.OTEL_TRACES_SAMPLER_ARG ?? 1 });
      const ledgerAt = (asOf: () => number) =>
        createLedger(store.unhurried, settings, { ...clock, now: asOf });
      try {
        await createTraceExport({ ...parts, settled, ledgerAt, sink, clock, observe }).run(signal);
      } finally {
        await sink.close();
      }
    },
  };
}

/** Where the collector takes traces; undefined: none is named. */
export function tracesUrl(values: Config["values"]): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = values;
  return whole ?? (base === undefined ? undefined : `${base.replace(/\/$/, "")}/v1/traces`);
}

function createTraceMetrics(registry: Registry): (figures: TraceFigures) => void {
  const registers = [registry];
  const traces = new Counter({
    name: "after202_traces_exported_total",
    help: "Settled requests given to the collector, by outcome (taken, refused).",
    labelNames: ["outcome"],
    registers,
  });
  const waits = new Gauge({
    name: "after202_traces_waiting",
    help: "1 while the export of traces waits for the collector or the store.",
    registers,
  });
  const behind = new Gauge({
    name: "after202_traces_behind_seconds",
    help: "How far the export of traces was behind, or for how long it has waited.",
    registers,
  });
  for (const outcome of ["taken", "refused"]) traces.inc({ outcome }, 0);
  return ({ taken, refused, waits: isWaiting, behindMs }) => {
    traces.inc({ outcome: "taken" }, taken);
    traces.inc({ outcome: "refused" }, refused);
    waits.set(isWaiting ? 1 : 0);
    behind.set(behindMs / 1_000);
  };
}
