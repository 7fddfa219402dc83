/** A reading of a journal from some time on, as the API gives it. */
import { timeText } from "../core/lifecycle-json.ts";
import type { RepairRun } from "../core/repair.ts";

export function repairJson(run: RepairRun) {
  const { repairId, source, reason, state, pages, events, duplicate, dead } = run;
  return {
    repairId,
    source,
    reason,
    state,
    from: timeText(run.from),
    until: timeText(run.until),
    startedAt: timeText(run.startedAt),
    endedAt: timeText(run.endedAt),
    pages,
    events,
    new: run.fresh,
    duplicate,
    dead,
    reachedAt: timeText(run.reachedAt),
    fault: run.fault === "" ? null : run.fault,
  };
}
