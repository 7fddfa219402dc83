/** What the hourly roll-up asks of the store. Times are epoch milliseconds; those of rolling are by the store's clock. */
import type { CountedSlice, TrafficGroup } from "./hourly.ts";

export interface HourlyStore {
  /** By the store's own clock. */
  storeNow(): Promise<number>;
  /** Everything that had arrived before this time is in the roll-up; undefined when it was never complete. */
  hourlyCursor(): Promise<number | undefined>;
  saveHourlyCursor(at: number): Promise<void>;
  /** Hours that hold facts and were never counted, or not since `countedBefore`; the oldest first. */
  hoursNotCounted(countedBefore: number): Promise<readonly number[]>;
  /**
   * Hours to be counted anew, those counted longest ago first: near which facts have arrived since `arrivedSince` and not well
   * before they were counted, in which the clock may have changed a state, or that were judged by other settings.
   */
  dirtyHours(arrivedSince: number): Promise<readonly number[]>;
  /** Facts filed in [since, until), by minute. */
  factsByMinute(since: number, until: number): Promise<ReadonlyMap<number, number>>;
  /** What began in [since, until), by hour, as it stands at `now`; hours in which nothing did are left out. */
  countTraffic(since: number, until: number, now: number): Promise<ReadonlyMap<number, CountedSlice>>;
  /** Puts hours in the place of what was counted of them before; `rolledAt` is a time before they were read. */
  saveHours(hours: ReadonlyMap<number, CountedSlice>, rolledAt: number): Promise<void>;
}

/** By what charts tell requests apart. */
export const TRAFFIC_DIMENSIONS = [
  "state",
  "instance",
  "target",
  "objectType",
  "objectName",
  "priority",
] as const;
export type TrafficDimension = (typeof TRAFFIC_DIMENSIONS)[number];

/** Requests that began in one step. */
export interface TrafficPoint extends Omit<TrafficGroup, TrafficDimension | "settledWithin"> {
  /** When the step begins. */
  readonly at: number;
  /** By the dimensions that were asked for. */
  readonly of: Readonly<Partial<Record<TrafficDimension, string>>>;
}

export interface TrafficQuery {
  readonly since: number;
  readonly until: number;
  readonly stepMs: number;
  readonly by: readonly TrafficDimension[];
  readonly instance?: string | undefined;
  readonly limit: number;
}

export interface TrafficReader extends Pick<HourlyStore, "hourlyCursor"> {
  /** From the roll-up; all times of the query are whole hours. In order of time. */
  hourlyTraffic(query: TrafficQuery): Promise<readonly TrafficPoint[]>;
  /** From the fold, as of `now`; all times of the query are whole minutes. For short intervals. */
  recentTraffic(query: TrafficQuery, now: number): Promise<readonly TrafficPoint[]>;
}
