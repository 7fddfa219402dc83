/** A Salesforce bulk job ended as Failed, or was complete without a row that got in. */
import { clear, firing, type RequestRule } from "../rule.ts";

export const bulkJobFailed: RequestRule = {
  kind: "request",
  name: "bulk-job-failed",
  severity: "critical",
  endsByQuiet: true,
  milestonesMs: () => [],
  judge(one) {
    if (one.job === null || one.state !== "failed") return clear(`the request is ${one.state}`);
    if (one.job.jobState !== "Failed") return firing("observed", "all rows of the bulk job failed");
    const { retries } = one.job;
    return firing(
      "observed",
      `the bulk job ended as Failed${retries === 0 ? "" : `, having been tried again ${retries} times`}`,
    );
  },
};
