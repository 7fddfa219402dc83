/** The OpenTelemetry collector: does it take an export, one without a trace in it. */
import type { Config } from "../../config.ts";
import { type CheckResult, failed, ok, skipped } from "./check.ts";

const NAME = "collector of traces";
const TIMEOUT_MS = 5_000;

export async function checkCollector({ values }: Config): Promise<CheckResult> {
  const { tracesUrl } = await import("../../tracing.ts");
  const url = tracesUrl(values);
  if (url === undefined) return skipped(NAME, "not set (OTEL_EXPORTER_OTLP_ENDPOINT)");
  const { createOtlpSink } = await import("../../traces/otlp-sink.ts");
  const headers = values.OTEL_EXPORTER_OTLP_HEADERS ?? {};
  const sink = createOtlpSink({ url, headers, serviceName: "after202", version: "", timeoutMs: TIMEOUT_MS });
  const outcome = await sink.export([]);
  await sink.close();
  if (outcome.kind === "taken") return ok(NAME, `${new URL(url).host} takes traces`);
  return failed(NAME, `${url}: ${outcome.reason}`, adviceOn(outcome.reason));
}

function adviceOn(reason: string): string {
  if (/\b40[13]\b/.test(reason))
    return "Check OTEL_EXPORTER_OTLP_HEADERS: the collector wants to know who sends.";
  if (/\b4\d\d\b/.test(reason))
    return "Check the URL: it has to be the collector's OTLP/HTTP receiver (port 4318, not gRPC's 4317), taking JSON.";
  return "Check OTEL_EXPORTER_OTLP_ENDPOINT, and that this machine can reach it; traces wait meanwhile.";
}
