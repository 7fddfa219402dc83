/**
 * Traces over OTLP/HTTP, by OpenTelemetry's own exporter: it encodes, and tries again what the collector asks it to.
 */
import { SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { ExportOutcome, RequestTrace, Span, TraceSink } from "../core/trace-ports.ts";

export interface OtlpOptions {
  /** Of the collector's traces, with the path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly version: string;
  /** For a call and its retries; default 10 s. */
  readonly timeoutMs?: number;
}

/** Answers after which the same again would be answered the same. */
const REFUSALS = new Set([400, 413, 422]);

export function createOtlpSink({
  url,
  headers,
  serviceName,
  version,
  timeoutMs = 10_000,
}: OtlpOptions): TraceSink {
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs });
  const resource = resourceFromAttributes({ "service.name": serviceName, "service.version": version });
  const scope = { name: "after202", version };
  return {
    export: (traces) =>
      new Promise<ExportOutcome>((resolve) => {
        const spans = traces.flatMap((trace) =>
          trace.spans.map((span) => readable(trace, span, resource, scope)),
        );
        exporter.export(spans, ({ code, error }) => {
          resolve(code === 0 ? { kind: "taken" } : outcomeOf(error));
        });
      }),
    close: () => exporter.shutdown(),
  };
}

function outcomeOf(error: unknown): ExportOutcome {
  const status = Number((error as { code?: unknown } | undefined)?.code);
  const message = error instanceof Error ? error.message : "no answer";
  const reason = Number.isInteger(status) ? `${status} ${message}` : message;
  return { kind: REFUSALS.has(status) ? "refused" : "away", reason };
}

function readable(
  { traceId }: RequestTrace,
  span: Span,
  resource: Resource,
  instrumentationScope: ReadableSpan["instrumentationScope"],
): ReadableSpan {
  const contextOf = (spanId: string) => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED });
  return {
    name: span.name,
    kind: span.kind === "client" ? SpanKind.CLIENT : SpanKind.INTERNAL,
    spanContext: () => contextOf(span.spanId),
    ...(span.parentSpanId !== undefined && { parentSpanContext: contextOf(span.parentSpanId) }),
    startTime: highResolution(span.start),
    endTime: highResolution(span.end),
    duration: highResolution(span.end - span.start),
    status:
      span.error === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: span.error },
    attributes: { ...span.attributes },
    links: span.links.map((ids) => ({ context: { ...ids, traceFlags: TraceFlags.SAMPLED, isRemote: true } })),
    events: span.events.map(({ at, name, attributes }) => ({
      time: highResolution(at),
      name,
      attributes: { ...attributes },
      droppedAttributesCount: 0,
    })),
    ended: true,
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds, and nanoseconds besides. */
function highResolution(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}
