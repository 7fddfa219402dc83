/** A submission whose response never came, and which the stream does not show either: nobody knows if it got in. */
import { clear, firing, type RequestRule } from "../rule.ts";

export const unconfirmedSubmission: RequestRule = {
  kind: "request",
  name: "unconfirmed-submission",
  severity: "warning",
  endsByQuiet: true,
  endsElsewhere: true, // under the id of the request that adopts it
  milestonesMs: ({ thresholds }) => [thresholds.unconfirmedAfterMs],
  judge(one, { now, thresholds }) {
    if (one.state !== "unconfirmed") return clear(`the request is ${one.state}`);
    if (now < one.t0 + thresholds.unconfirmedAfterMs) return clear("its results may still come");
    return firing(
      "inferred",
      one.target === "salesforce"
        ? `${one.tally.expected} records were sent without an answer, and nothing tells whether they got in`
        : `${one.tally.expected} records were sent without an answer, and the stream shows none of them`,
    );
  },
};
