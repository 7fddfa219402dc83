/** A larger share of records than usual fails, whatever the reason. */
import { clear, firing, type StreamRule } from "../rule.ts";

export const failureRate: StreamRule = {
  kind: "stream",
  name: "failure-rate",
  severity: "warning",
  async observe(reader, { now, thresholds }) {
    const shares = await reader.failureShares(now - thresholds.failureRateWindowMs, now);
    return shares.map(({ instance, objectName, accounted, failed }) => {
      const percent = ((100 * failed) / Math.max(1, accounted)).toFixed(1);
      const many =
        accounted >= thresholds.failureRateMinRecords && failed > accounted * thresholds.failureRate;
      const reason = `${failed} of ${accounted} records failed (${percent} %)`;
      return {
        group: { instance, objectName, source: "" },
        judgement: many ? firing("observed", reason) : clear(reason),
      };
    });
  },
};
