/** Prometheus metrics of repair: gaps by state, and what readings have brought. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { GapStanding } from "../core/coverage.ts";
import type { RepairObserver } from "./repairer.ts";

const STATES = ["open", "repaired", "beyond_repair"] as const satisfies readonly GapStanding["state"][];

export function createRepairMetrics(registry: Registry): RepairObserver {
  const registers = [registry];
  const gaps = new Gauge({
    name: "after202_stream_gaps",
    help: "Gaps of the last 7 days, by state (open, repaired, beyond_repair).",
    labelNames: ["state"],
    registers,
  });
  const runs = new Counter({
    name: "after202_repairs_total",
    help: "Readings of a journal from some time on, by reason and outcome (done, failed).",
    labelNames: ["reason", "outcome"],
    registers,
  });
  const events = new Counter({
    name: "after202_repair_events_total",
    help: "Events that such readings have brought, by outcome (new, duplicate, dead).",
    labelNames: ["outcome"],
    registers,
  });
  return {
    gaps(standings) {
      for (const state of STATES) gaps.set({ state }, standings.filter((one) => one.state === state).length);
    },
    ended({ reason, state, fresh, duplicate, dead }) {
      runs.inc({ reason, outcome: state });
      events.inc({ outcome: "new" }, fresh);
      events.inc({ outcome: "duplicate" }, duplicate);
      events.inc({ outcome: "dead" }, dead);
    },
  };
}
