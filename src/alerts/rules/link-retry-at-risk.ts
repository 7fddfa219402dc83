/** A link-bearing request whose last retry is near, and records still wait for their person: the time to act. */
import { clear, firing, type RequestRule, type RequestView } from "../rule.ts";

export const linkRetryAtRisk: RequestRule = {
  kind: "request",
  name: "link-retry-at-risk",
  severity: "warning",
  awaitsPersons: true,
  endsByQuiet: false,
  milestonesMs: (view) => [riskAfterMs(view)],
  judge(one, view) {
    if (!one.linkBearing) return clear("no link field is involved");
    if (one.state !== "retrying") return clear(`the request is ${one.state}`);
    if (view.now < one.t0 + riskAfterMs(view)) return clear("the last retry is not near yet");
    const waiting = one.tally.outstanding + one.tally.linkFailed;
    const evidence = one.tally.linkFailed > 0 ? "observed" : "inferred";
    return firing(evidence, `${waiting} records wait for a person, and the last retry is near`);
  },
};

function riskAfterMs({ settings, thresholds }: Omit<RequestView, "now">): number {
  const retries = settings.policy.retryAfterMs.filter((after) => after <= settings.policy.linkWindowMs);
  return Math.max(0, (retries.at(-1) ?? settings.policy.linkWindowMs) - thresholds.atRiskLeadMs);
}
