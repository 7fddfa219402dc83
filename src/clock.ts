/** The real clock: the only place that reads the machine's time for the service. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./core/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};
