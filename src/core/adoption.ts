/**
 * Adoption: joining a submission that never saw its response to the request that the stream shows for it.
 *
 * They are one if correlation id, instance, object type and record count agree and they began within the
 * adoption window of each other, and if nothing else on either side fits as well: a doubtful match is none.
 */
import type { Fact } from "./fact.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** @returns for each adopted submission's own request id, the request that it turned out to be */
export function matchAdoptions(
  lifecycles: readonly Lifecycle[],
  windowMsFor: (instance: string) => number,
): Map<string, string> {
  const unconfirmed = lifecycles.filter((one) => one.state === "unconfirmed" && one.correlationId !== "");
  const unclaimed = lifecycles.filter(
    (one) =>
      one.submissions.length === 0 &&
      one.jobs.length === 0 && // a job is told by its calls, and waits for none
      one.firstResultAt !== null &&
      one.correlationId !== "",
  );
  const claims = new Map<string, string[]>();
  const claimants = new Map<string, number>();
  for (const submission of unconfirmed) {
    const windowMs = windowMsFor(submission.instance);
    const fitting = unclaimed.filter((request) => fits(submission, request, windowMs));
    claims.set(
      submission.requestId,
      fitting.map((request) => request.requestId),
    );
    for (const { requestId } of fitting) claimants.set(requestId, (claimants.get(requestId) ?? 0) + 1);
  }
  const adopted = new Map<string, string>();
  for (const [submission, [only, ...others]] of claims) {
    if (only !== undefined && others.length === 0 && claimants.get(only) === 1) adopted.set(submission, only);
  }
  return adopted;
}

function fits(submission: Lifecycle, request: Lifecycle, windowMs: number): boolean {
  return (
    submission.correlationId === request.correlationId &&
    submission.instance === request.instance &&
    submission.objectType === request.objectType &&
    submission.tally.expected === request.tally.expected &&
    Math.abs(submission.t0 - request.t0) <= windowMs
  );
}

/** The facts of a submission, filed under the request that adopted it. */
export function adoptFacts(facts: readonly Fact[], requestId: string): Fact[] {
  return facts.map((fact) => ({ ...fact, requestId }));
}
