/** Prometheus metrics of the process: Node.js's own, and which after202 runs in it. */
import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";

const PREFIX = "after202_";
/** Gauges that are named as if they were counters; the same numbers are there by type. */
const MISNAMED = ["active_handles_total", "active_requests_total", "active_resources_total"];

export function observeProcess(registry: Registry, version: string): void {
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  for (const name of MISNAMED) registry.removeSingleMetric(`${PREFIX}nodejs_${name}`);
  const build = new Gauge({
    name: `${PREFIX}build_info`,
    help: "1, with the version of after202 that runs.",
    labelNames: ["version"],
    registers: [registry],
  });
  build.set({ version }, 1);
}
