/** Readings of a journal, for tests. */
import type { RepairRun } from "../../src/core/repair.ts";

export function repairRun(over: Partial<RepairRun> = {}): RepairRun {
  return {
    repairId: "r-1",
    source: "journal",
    reason: "asked",
    state: "running",
    from: 1_000,
    until: 2_000,
    startedAt: 2_000,
    endedAt: null,
    pages: 0,
    events: 0,
    fresh: 0,
    duplicate: 0,
    dead: 0,
    reachedAt: null,
    fault: "",
    changedAt: 2_000,
    ...over,
  };
}
