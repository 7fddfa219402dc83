/** A Salesforce bulk job ended as Failed. */
import { clear, firing, type RequestRule } from "../rule.ts";

export const bulkJobFailed: RequestRule = {
  kind: "request",
  name: "bulk-job-failed",
  severity: "critical",
  endsByQuiet: true,
  milestonesMs: () => [],
  judge(one) {
    if (one.jobs.length === 0 || one.state !== "failed") return clear(`the request is ${one.state}`);
    return firing("observed", "the bulk job ended as Failed");
  },
};
