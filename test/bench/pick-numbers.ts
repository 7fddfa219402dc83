/** Numbers of requests in a filled store, drawn from a seed. */
import { createRandom } from "../../src/simulator/random.ts";
import {
  type FilledRequests,
  isPlain,
  REQUESTS_PER_CORRELATION,
  requestsOf,
  unansweredCorrelations,
} from "./filled-requests.ts";

/** Requests that are settled and plain: none that was rejected, without response, or among the last of the store. */
export function plainNumbers(plan: FilledRequests, count: number, seed: string): number[] {
  const random = createRandom(seed);
  const requests = requestsOf(plan);
  return Array.from({ length: count }, () => {
    for (;;) {
      const number = random.integer(requests);
      if (isPlain(plan, number)) return number;
    }
  });
}

/** Requests of the stream whose correlation also holds a submission without a response. */
export function doubtfulNumbers(plan: FilledRequests, count: number): number[] {
  const correlations = unansweredCorrelations(plan);
  return Array.from({ length: count }, (_, index) => {
    const correlation = correlations[index % correlations.length] ?? 0;
    return correlation * REQUESTS_PER_CORRELATION + 3 + 2 * (index % 400);
  });
}
