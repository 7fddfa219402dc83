/**
 * The service's two usage limits: requests in a second, records in a day (of simulated time).
 */
import { Refusal } from "./error-codes.ts";

export interface Quota {
  /** @throws {Refusal} 429001 above the rate */
  admitRequest(nowMs: number): void;
  /** @throws {Refusal} 4290801 when the records do not fit into what is left of the day */
  admitRecords(nowMs: number, records: number): void;
  remaining(nowMs: number): number;
}

/** @param dayMs wall-clock length of a day */
export function createQuota(limits: {
  requestsPerSecond: number;
  recordsPerDay: number;
  dayMs: number;
}): Quota {
  let second = { index: 0, requests: 0 };
  let day = { index: 0, records: 0 };

  function turnDay(nowMs: number): void {
    const index = Math.floor(nowMs / limits.dayMs);
    if (index !== day.index) day = { index, records: 0 };
  }

  return {
    admitRequest(nowMs) {
      const index = Math.floor(nowMs / 1_000);
      if (index !== second.index) second = { index, requests: 0 };
      second.requests += 1;
      if (second.requests > limits.requestsPerSecond) throw new Refusal("429001");
    },
    admitRecords(nowMs, records) {
      turnDay(nowMs);
      if (day.records + records > limits.recordsPerDay) throw new Refusal("4290801");
      day.records += records;
    },
    remaining(nowMs) {
      turnDay(nowMs);
      return limits.recordsPerDay - day.records;
    },
  };
}
