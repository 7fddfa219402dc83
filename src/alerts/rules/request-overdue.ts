/** Presumed lost: records still outstanding when every retry is over, without a link field; or a bulk job that is gone. */
import { lastRetryMs } from "../../core/retry-policy.ts";
import { clear, firing, type RequestRule } from "../rule.ts";

export const requestOverdue: RequestRule = {
  kind: "request",
  name: "request-overdue",
  severity: "warning",
  endsByQuiet: true,
  milestonesMs: ({ settings }) => [lastRetryMs(settings.policy) + settings.graceMs],
  judge(one) {
    if (one.state !== "overdue") return clear(`the request is ${one.state}`);
    if (one.job !== null) return firing("inferred", "the bulk job is gone, and was never seen to end");
    return firing(
      "inferred",
      `${one.tally.outstanding} of ${one.tally.expected} records were never reported`,
    );
  },
};
