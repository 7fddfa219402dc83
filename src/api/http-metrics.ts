/**
 * Metrics of the API itself. Labels come from route patterns, never from paths: their number stays bounded.
 */
import type { FastifyInstance } from "fastify";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface HttpMetrics {
  readonly durations: Histogram<"method" | "route" | "status">;
  readonly refusals: Counter<"code">;
}

/** @param waiting how many long polls are open */
export function createHttpMetrics(registry: Registry, waiting: () => number): HttpMetrics {
  const gauge: Gauge = new Gauge({
    name: "after202_http_requests_waiting",
    help: "Calls that wait for a request to settle.",
    registers: [registry],
    collect: () => gauge.set(waiting()),
  });
  return {
    durations: new Histogram({
      name: "after202_http_request_duration_seconds",
      help: "Time from the first byte of a call to the end of its answer.",
      labelNames: ["method", "route", "status"],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
      registers: [registry],
    }),
    refusals: new Counter({
      name: "after202_http_problems_total",
      help: "Answers that tell of a problem, by code of the error catalogue.",
      labelNames: ["code"],
      registers: [registry],
    }),
  };
}

/** Measures and logs every answer. Long polls are not timed: they last as long as they were asked to. */
export function observeAnswers(app: FastifyInstance, metrics: HttpMetrics): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.is404 ? "unknown" : (request.routeOptions.url ?? "unknown");
    const { method } = request;
    const status = String(reply.statusCode);
    if (request.routeOptions.config.longPoll !== true) {
      metrics.durations.observe({ method, route, status }, reply.elapsedTime / 1_000);
    }
    const fields = { method, route, status, elapsedMs: Math.round(reply.elapsedTime) };
    request.log.debug({ ...fields, keyId: request.caller?.keyId }, "answered");
  });
}

declare module "fastify" {
  interface FastifyContextConfig {
    longPoll?: boolean;
  }
}
