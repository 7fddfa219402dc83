/** The upstream answered a request with something other than 202. */
import { clear, firing, type RequestRule } from "../rule.ts";

export const requestRejected: RequestRule = {
  kind: "request",
  name: "request-rejected",
  severity: "warning",
  endsByQuiet: true,
  milestonesMs: () => [],
  judge(one) {
    if (one.state !== "rejected") return clear(`the request is ${one.state}`);
    const answer = one.submissions.find((submission) => submission.httpStatus !== null);
    const code = answer?.errorCode ? ` (${answer.errorCode})` : "";
    return firing("observed", `the upstream answered ${answer?.httpStatus ?? "nothing"}${code}`);
  },
};
