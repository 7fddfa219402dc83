/**
 * The sweep: which requests may have changed an alert since it last ran.
 *
 * Milestones are bands on the time-ordered facts, one for each rule, milestone and set of instances that share
 * settings: from the stored cursor to the time whose milestone the stream has been read up to. Arrivals are a band on the
 * order of arrival: of them the milestones that have passed are asked again, what began later has its milestones to come.
 * Requests that a gap of the stream held back are judged once more when the gap is read again (reread.ts).
 * What a sweep costs hangs on its bands, not on the table; a cursor moves only after its band was evaluated, so that a
 * stopped service catches up, and a band seen twice changes nothing.
 */
import type { AlertStore, InstanceSet } from "../core/alert-ports.ts";
import type { TimeStretch } from "../core/ledger.ts";
import { type LifecycleSettings, settingsOf, type SettingsByInstance } from "../core/lifecycle-settings.ts";
import { createReread } from "./reread.ts";
import type { RequestRule } from "./rule.ts";
import type { Thresholds } from "./thresholds.ts";

/**
 * Facts become visible in another order than they arrive in, mostly within seconds; an insert on a busy machine takes longer.
 * So the band of arrivals overlaps a little each time, and much from time to time.
 */
const ARRIVAL_OVERLAP_MS = 3_000;
const LONG_OVERLAP_MS = 120_000;
const LONG_OVERLAP_EVERY_MS = 30_000;
/** Without a cursor (a new installation) sweeps begin so long ago. */
const FIRST_LOOK_BACK_MS = 60 * 60_000;
/** A cursor is written when it has moved so far: what lies behind it is swept again after a restart, to no effect. */
const SAVE_EVERY_MS = 10_000;
/** A milestone is swept when its band is this part of the first retry's delay long: every 5 s, if that comes after 5 min. */
const SHORTEST_BAND = 1 / 60;
/** A stopped service catches up in bands of at most this length, so that memory stays bounded. */
const LONGEST_BAND_MS = 10 * 60_000;

export interface Band {
  /** Name of its cursor. */
  readonly name: string;
  readonly requestIds: readonly string[];
  /** When they began, where that is what they were found by. */
  readonly began?: TimeStretch;
  /** Where the cursor goes once the requests are evaluated. */
  readonly until: number;
}

export interface SweepTimes {
  readonly now: number;
  /** Up to when the stream has been read; what did not come until then is missing, what should come later may still come. */
  readonly coveredUntil: number;
}

export interface Sweep {
  /** Every band that is due, one after the other; each is to be evaluated and `done` before the next is asked for. */
  bands(times: SweepTimes): AsyncIterable<Band>;
  done(band: Band): Promise<void>;
}

export function createSweep(
  store: Pick<
    AlertStore,
    "requestsInBand" | "notableArrivals" | "loadSweepCursor" | "saveSweepCursor" | "rereadParts"
  >,
  rules: readonly RequestRule[],
  settings: SettingsByInstance,
  thresholds: Thresholds,
  maxLagMs: (instances: InstanceSet) => number,
): Sweep {
  const cursors = new Map<string, number>();
  const saved = new Map<string, number>();
  let lookedFarBackAt = Number.NEGATIVE_INFINITY;
  const milestones = listMilestones(rules, settings, thresholds);

  async function cursorOf(name: string, fallback: number): Promise<number> {
    const known = cursors.get(name) ?? (await store.loadSweepCursor(name)) ?? fallback;
    cursors.set(name, known);
    return known;
  }

  const reread = createReread({
    store,
    cursorOf,
    longestMs: Math.max(0, ...milestones.map(({ afterMs }) => afterMs)),
    longestBandMs: LONGEST_BAND_MS,
    everyMs: Math.max(0, ...milestones.map(({ shortestMs }) => shortestMs)),
    firstLookBackMs: FIRST_LOOK_BACK_MS,
  });

  async function* arrivals(now: number, swept: number): AsyncIterable<Band> {
    let overlapMs = ARRIVAL_OVERLAP_MS;
    if (now - lookedFarBackAt >= LONG_OVERLAP_EVERY_MS) {
      overlapMs = LONG_OVERLAP_MS;
      lookedFarBackAt = now;
    }
    for (;;) {
      const since = await cursorOf("arrivals", now - FIRST_LOOK_BACK_MS);
      const until = Math.min(now, since + LONGEST_BAND_MS);
      if (until <= since) return;
      const requestIds = await store.notableArrivals(since - overlapMs, until, swept);
      yield { name: "arrivals", requestIds, until };
    }
  }

  async function* milestone({ name, instances, shortestMs }: Milestone, end: number): AsyncIterable<Band> {
    for (;;) {
      const since = await cursorOf(name, end - FIRST_LOOK_BACK_MS);
      if (end < since + shortestMs) return;
      const until = Math.min(end, since + LONGEST_BAND_MS);
      const requestIds = await store.requestsInBand(instances, since, until);
      yield { name, requestIds, began: { since, until }, until };
    }
  }

  return {
    async *bands({ now, coveredUntil }) {
      const due: { one: Milestone; end: number }[] = [];
      let swept = Number.NEGATIVE_INFINITY;
      for (const one of milestones) {
        const end = Math.min(now, coveredUntil) - one.afterMs - maxLagMs(one.instances);
        if (end <= 0) continue; // nothing of the stream has been read yet
        swept = Math.max(swept, await cursorOf(one.name, end - FIRST_LOOK_BACK_MS));
        due.push({ one, end });
      }
      yield* arrivals(now, swept);
      for (const { one, end } of due) yield* milestone(one, end);
      yield* reread(now);
    },
    async done({ name, until }) {
      cursors.set(name, until);
      if (until - (saved.get(name) ?? 0) < SAVE_EVERY_MS) return;
      await store.saveSweepCursor(name, until);
      saved.set(name, until);
    },
  };
}

interface Milestone {
  readonly name: string;
  readonly instances: InstanceSet;
  readonly afterMs: number;
  readonly shortestMs: number;
}

/** One for each distinct time after the beginning: rules that share it share its band. */
function listMilestones(
  rules: readonly RequestRule[],
  settings: SettingsByInstance,
  thresholds: Thresholds,
): Milestone[] {
  const own = [...settings.keys()].filter((instance) => instance !== "");
  const sets: { instances: InstanceSet; label: string; of: LifecycleSettings }[] = [
    { instances: { except: own }, label: "", of: settingsOf(settings, "") },
    ...own.map((instance) => ({
      instances: { only: [instance] },
      label: instance,
      of: settingsOf(settings, instance),
    })),
  ];
  return sets.flatMap(({ instances, label, of }) => {
    const times = new Set(rules.flatMap((rule) => rule.milestonesMs({ settings: of, thresholds })));
    return [...times]
      .sort((a, b) => a - b)
      .map((afterMs) => ({
        name: `milestone ${label} ${afterMs}`,
        instances,
        afterMs,
        shortestMs: (of.policy.retryAfterMs[0] ?? 0) * SHORTEST_BAND,
      }));
  });
}
