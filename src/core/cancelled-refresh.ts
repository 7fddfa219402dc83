/**
 * A bulk job cancels the streaming refresh of its object that is running: Data Cloud then shows that refresh as Failed /
 * Cancelled, and takes its records up with the next one.
 *
 * No refresh can be asked about. What can be seen is that a job of the same object was taken up while the refresh that
 * carries a streaming request was due: such requests are marked, so that nobody takes the cancelled refresh for a loss.
 */
import type { Lifecycle } from "./lifecycle.ts";
import type { FactReader } from "./ports.ts";

/**
 * The requests, those of them marked as `refresh_cancelled_by_job` that may be in a cancelled refresh. The store is asked only
 * where there are streaming requests.
 */
export async function markCancelledRefreshes(
  requests: readonly Lifecycle[],
  refreshMsFor: (instance: string) => number,
  jobStarts: FactReader["jobStarts"],
): Promise<Lifecycle[]> {
  const streamed = requests.filter((one) => !one.verifiable);
  if (streamed.length === 0) return [...requests];
  const untils = streamed.map((one) => one.t0 + refreshMsFor(one.instance));
  const starts = await jobStarts(
    [...new Set(streamed.map((one) => one.objectName))],
    least(streamed.map((one) => one.t0)),
    -least(untils.map((at) => -at)),
  );
  return requests.map((one) => {
    const until = one.t0 + refreshMsFor(one.instance);
    const isCancelled =
      !one.verifiable &&
      starts.some(
        ({ instance, objectName, at }) =>
          instance === one.instance && objectName === one.objectName && at >= one.t0 && at <= until,
      );
    return isCancelled ? { ...one, anomalies: [...one.anomalies, "refresh_cancelled_by_job"] } : one;
  });
}

/** Of many: a spread would overflow the stack. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((best, one) => Math.min(best, one), Infinity);
}
