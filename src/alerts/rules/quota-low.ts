/** The daily quota will run out soon, if records go on being sent as they were in the last two hours. */
import type { StreamStatus } from "../../core/stream-status.ts";
import { clear, firing, type StreamRule } from "../rule.ts";

const LOOK_BACK_MS = 2 * 3_600_000;

export const quotaLow: StreamRule = {
  kind: "stream",
  name: "quota-low",
  severity: "warning",
  async observe(reader, { now, thresholds }) {
    const byInstance = new Map<string, StreamStatus[]>();
    for (const status of await reader.streamStatuses(now - LOOK_BACK_MS, now)) {
      if (status.quota === null) continue;
      const known = byInstance.get(status.instance);
      if (known === undefined) byInstance.set(status.instance, [status]);
      else known.push(status);
    }
    return [...byInstance].map(([instance, statuses]) => {
      const left = newestQuota(statuses);
      const runsOutMs = forecastMs(statuses);
      const minutes = Math.round(runsOutMs / 60_000);
      return {
        group: { instance, objectName: "", source: "" },
        judgement:
          runsOutMs <= thresholds.quotaHorizonMs
            ? firing(
                "inferred",
                `${left} records are left of the daily quota: at the present rate it is used up in ${minutes} minutes`,
              )
            : clear(`${left} records are left of the daily quota`),
      };
    });
  },
};

function newestQuota(statuses: readonly StreamStatus[]): number {
  return statuses.reduce((newest, one) => (one.at >= newest.at ? one : newest)).quota ?? 0;
}

/** Milliseconds until nothing is left, counted from the newest status; since the last reset only. */
function forecastMs(statuses: readonly StreamStatus[]): number {
  const ordered = [...statuses].sort((a, b) => a.at - b.at);
  const last = ordered.at(-1);
  if (last?.quota === null || last === undefined) return Infinity;
  if (last.quota === 0) return 0;
  let first = last;
  for (const one of ordered.toReversed()) {
    if ((one.quota ?? 0) < (first.quota ?? 0)) break; // the quota was reset in between
    first = one;
  }
  const used = (first.quota ?? 0) - last.quota;
  return used > 0 ? (last.quota * (last.at - first.at)) / used : Infinity;
}
