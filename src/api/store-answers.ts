/**
 * Whether the store answers, and the metric of it. A store that hangs is as far away as one that refuses: neither
 * readiness nor a scrape waits for it.
 */
import { Gauge, type Registry } from "prom-client";
import type { StoreHealth } from "../core/ports.ts";
import { inTime } from "./in-time.ts";
import { PING_TIMEOUT_MS } from "./limits.ts";

/** Never rejects. */
export function storeAnswers(health: StoreHealth): Promise<boolean> {
  return inTime(health.ping(), PING_TIMEOUT_MS, false);
}

export function observeStore(registry: Registry, health: StoreHealth): void {
  const up: Gauge = new Gauge({
    name: "after202_store_up",
    help: "1 while ClickHouse answers this process, 0 while it does not.",
    registers: [registry],
    collect: async () => up.set((await storeAnswers(health)) ? 1 : 0),
  });
}
