/** The service's own queues lag behind: results come late, and deadlines move. */
import type { StreamStatus } from "../../core/stream-status.ts";
import { clear, firing, type StreamRule } from "../rule.ts";

const STATUS_AGE_MS = 2 * 3_600_000;

export const queueLag: StreamRule = {
  kind: "stream",
  name: "queue-lag",
  severity: "warning",
  async observe(reader, { now, thresholds }) {
    const newest = new Map<string, StreamStatus>();
    for (const status of await reader.streamStatuses(now - STATUS_AGE_MS, now)) {
      const key = JSON.stringify([status.instance, status.priority]);
      if ((newest.get(key)?.at ?? 0) <= status.at) newest.set(key, status);
    }
    return [...newest.values()].map(({ instance, priority, lagSeconds, recordBacklog }) => ({
      group: { instance, objectName: "", source: priority },
      judgement:
        lagSeconds * 1_000 > thresholds.queueLagMs
          ? firing(
              "observed",
              `the ${priority} queue lags ${lagSeconds} s behind with ${recordBacklog} records`,
            )
          : clear(`the ${priority} queue lags ${lagSeconds} s`),
    }));
  },
};
