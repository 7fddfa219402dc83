/** A batch without rows, to be spread under those of a test. */
import type { StoreBatch } from "../../src/core/ports.ts";

export const EMPTY_BATCH: StoreBatch = {
  facts: [],
  events: [],
  sightings: [],
  metrics: [],
  statuses: [],
  deadLetters: [],
  linkKeys: [],
};
