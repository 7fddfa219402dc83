/**
 * Link retries are over and records are lost: reported with a link code, or silent at the deadline.
 *
 * A link code that was reported while the window was open may still be made good by the last retry, whose result
 * takes a while: it counts from the deadline on. One reported after the window closed counts at once.
 */
import type { Lifecycle } from "../../core/lifecycle.ts";
import { clear, firing, type RequestRule } from "../rule.ts";

export const linkRetryExhausted: RequestRule = {
  kind: "request",
  name: "link-retry-exhausted",
  severity: "critical",
  awaitsPersons: true,
  endsByQuiet: true,
  milestonesMs: ({ settings }) => [settings.policy.linkWindowMs + settings.graceMs],
  judge(one, { now, settings }) {
    if (one.state !== "exhausted" || one.retry === null) return clear(`the request is ${one.state}`);
    if (one.evidence === "inferred" && one.tally.linkFailed === 0) {
      return firing(
        "inferred",
        `${one.tally.outstanding} records were never reported, and the window is closed`,
      );
    }
    if (now < one.retry.deadlineAt && !reportedAfterWindow(one, settings.linkCodes)) {
      return clear("the result of the last retry may still be under way");
    }
    return firing("observed", `${one.tally.linkFailed} records failed for want of a person`);
  },
};

function reportedAfterWindow(one: Lifecycle, linkCodes: readonly string[]): boolean {
  const closedAt = one.retry?.windowEndsAt ?? Infinity;
  return one.tally.attempts.some(
    ({ fact }) => fact.at >= closedAt && linkCodes.some((code) => fact.failed.has(code)),
  );
}
