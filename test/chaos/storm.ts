/**
 * The weather of the chaos tests: a stream that repeats itself and is out of order, a journal that often refuses.
 */
import type { FaultsPatch } from "../../src/simulator/faults.ts";

export const STORM: FaultsPatch = {
  stream: { duplicateRate: 0.2, delayRate: 0.3, malformedRate: 0.02 },
  journal: { statuses: { "500": 0.05, "429": 0.03, "401": 0.02 }, resetRate: 0.05, undecodableRate: 0.02 },
  ims: { statuses: { "500": 0.1 } },
};
