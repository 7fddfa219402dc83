/**
 * Keeps the hourly roll-up: hours in which something changed are counted anew, as a whole, by the fold.
 *
 * An hour is dirty when facts have arrived near it since it was counted, when the clock may have changed a state in it, or when
 * the settings of the fold changed; all others stay. The cursor says up to when everything that arrived is counted: it moves when
 * no dirty hour is left. Work is bounded: a round ends after a while, rests several times as long as it worked, and goes on.
 */
import { type CountedSlice, type CountRun, HOUR_MS, mergeSlices, planRuns } from "../core/hourly.ts";
import type { HourlyStore } from "../core/hourly-ports.ts";
import type { Clock, Logger } from "../core/ports.ts";

export interface HourlyRollupParts {
  readonly store: HourlyStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many times faster than real the upstream's clock runs. */
  readonly speed: number;
  /** Told after each round: what is left to do, and how old what is counted is, in milliseconds. */
  readonly observe?: (figures: HourlyFigures) => void;
  /** Facts that one question to the store may fold. */
  readonly factsPerSlice?: number;
}

export interface HourlyFigures {
  readonly counted: number;
  readonly left: number;
  readonly ageMs: number;
}

export interface HourlyRollup {
  /** Until the signal aborts; a store that is away is asked again. */
  run(signal: AbortSignal): Promise<void>;
  /** Counts what is dirty, for a while. @returns how many hours were counted, and how many are left */
  round(signal?: AbortSignal): Promise<HourlyFigures>;
}

const EVERY_MS = 60_000;
const SHORTEST_REST_MS = 1_000;
/** A round works no longer than this, and rests so many times as long as it worked. */
const ROUND_MS = 10_000;
const REST = 5;
const FACTS_PER_SLICE = 250_000;
/** Of those that are dirty, so many are looked at in a round: the ones that were counted longest ago. */
const HOURS_A_ROUND = 1_000;
/** Arrivals are kept for three days: with a cursor older than this they no longer tell which hours were touched. */
const CURSOR_HOLDS_MS = 2 * 24 * HOUR_MS;

export function createHourlyRollup(parts: HourlyRollupParts): HourlyRollup {
  const { store, clock, logger, factsPerSlice = FACTS_PER_SLICE } = parts;
  let cursor: number | undefined;
  let lost: { hours: readonly number[]; readonly since: number } | undefined;

  async function round(signal?: AbortSignal): Promise<HourlyFigures> {
    const beganAt = performance.now();
    const storeNow = await store.storeNow();
    cursor ??= await store.hourlyCursor();
    if (cursor === undefined || storeNow - cursor > CURSOR_HOLDS_MS) {
      const hours = await store.hoursNotCounted(cursor === undefined ? 0 : storeNow);
      lost ??= { hours, since: cursor === undefined ? 0 : storeNow };
    }
    const dirty = await store.dirtyHours(lost?.since ?? cursor ?? 0);
    const youngSince = storeNow - 2 * HOUR_MS;
    const queue = new Set([...dirty, ...(lost?.hours ?? [])]);
    const young = [...queue].filter((hour) => hour > youngSince);
    const old = [...queue].filter((hour) => hour <= youngSince).slice(0, HOURS_A_ROUND);
    let counted = 0;
    for (const hours of [young, old]) {
      for (const run of await planOf(hours.sort((a, b) => a - b))) {
        if (signal?.aborted === true || performance.now() - beganAt >= ROUND_MS) break;
        await count(run);
        counted += run.hours.length;
        if (lost !== undefined) lost.hours = lost.hours.filter((hour) => !run.hours.includes(hour));
      }
    }
    if (counted === queue.size) {
      cursor = storeNow;
      lost = undefined;
      await store.saveHourlyCursor(cursor);
    }
    const figures = { counted, left: queue.size - counted, ageMs: storeNow - (cursor ?? 0) };
    parts.observe?.(figures);
    return figures;
  }

  async function planOf(hours: readonly number[]): Promise<CountRun[]> {
    const [first] = hours;
    const last = hours.at(-1);
    if (first === undefined || last === undefined) return [];
    return planRuns(hours, await store.factsByMinute(first, last + HOUR_MS), factsPerSlice);
  }

  async function count({ hours, slices }: CountRun): Promise<void> {
    const rolledAt = await store.storeNow();
    const counted: ReadonlyMap<number, CountedSlice>[] = [];
    for (const { since, until } of slices) {
      counted.push(await store.countTraffic(since, until, clock.now()));
    }
    const countOf = (hour: number): CountedSlice =>
      mergeSlices(counted.flatMap((one) => one.get(hour) ?? []));
    await store.saveHours(new Map(hours.map((hour) => [hour, countOf(hour)])), rolledAt);
  }

  return {
    round,
    async run(signal) {
      let isAway = false;
      while (!signal.aborted) {
        const beganAt = performance.now();
        let left = 0;
        try {
          ({ left } = await round(signal));
          isAway = false;
        } catch (err) {
          if (!isAway) logger.warn({ err }, "the hourly roll-up waits for the store");
          isAway = true;
        }
        const pause = Math.max(SHORTEST_REST_MS, left > 0 ? 0 : EVERY_MS / parts.speed);
        const restMs = Math.max(pause, REST * (performance.now() - beganAt));
        await clock.sleep(restMs, signal).catch(() => undefined);
      }
    },
  };
}
