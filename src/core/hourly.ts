/**
 * The hourly roll-up: what became of the requests that began in an hour, counted by what they are and how they stand.
 *
 * Pure. An hour is counted in slices when it holds much; slices add up to it, since a request begins in one of them.
 */
import type { RecordCountsJson } from "./record-counts.ts";

export const HOUR_MS = 3_600_000;

/** Requests of one kind in one state. */
export interface TrafficGroup {
  readonly instance: string;
  readonly target: string;
  readonly objectType: string;
  readonly objectName: string;
  readonly priority: string;
  readonly state: string;
  readonly requests: number;
  readonly expected: number;
  readonly created: number;
  readonly updated: number;
  readonly outstanding: number;
  readonly failed: number;
  readonly superseded: number;
  readonly failedByCode: RecordCountsJson;
  /** Settled requests by how long that took: up to 10 s, 1 min, 5 min, 15 min, 35 min, 65 min, 6 h, longer; each is in one. */
  readonly settledWithin: readonly number[];
}

export interface CountedSlice {
  readonly groups: readonly TrafficGroup[];
  /** When the clock alone will have changed the last state that it can, epoch milliseconds; 0: it cannot. */
  readonly settlesAt: number;
}

/** Hours that are counted by one question to the store, or one hour that takes several. */
export interface CountRun {
  /** In their order. */
  readonly hours: readonly number[];
  /** What each question spans, epoch milliseconds; together they are all of the hours, and what lies between them. */
  readonly slices: readonly Slice[];
}

export interface Slice {
  readonly since: number;
  readonly until: number;
}

const MINUTE_MS = 60_000;
/** A minute is cut no finer: around each slice the facts of twenty minutes are read. */
const SLICES_OF_A_MINUTE = 3;

/**
 * Hours joined as long as what lies between the first and the last is not too much for one question: a question costs,
 * however little it reads. An hour that is too much by itself is cut where its facts are.
 *
 * @param hours in their order
 * @param factsIn facts filed in a minute, for all minutes from the first hour to the end of the last that hold any
 */
export function planRuns(
  hours: readonly number[],
  factsIn: ReadonlyMap<number, number>,
  mostFacts: number,
): CountRun[] {
  const byHour = new Map<number, number>();
  for (const [minute, facts] of factsIn) {
    const hour = minute - (minute % HOUR_MS);
    byHour.set(hour, (byHour.get(hour) ?? 0) + facts);
  }
  const runs: CountRun[] = [];
  let open: number[] = [];
  let facts = 0;
  const close = (): void => {
    const [first] = open;
    const last = open.at(-1);
    if (first === undefined || last === undefined) return;
    const slices =
      facts > mostFacts ? slicesOf(first, factsIn, mostFacts) : [{ since: first, until: last + HOUR_MS }];
    runs.push({ hours: open, slices });
    open = [];
  };
  for (const hour of hours) {
    let more = 0;
    for (let at = (open.at(-1) ?? hour - HOUR_MS) + HOUR_MS; at <= hour; at += HOUR_MS)
      more += byHour.get(at) ?? 0;
    if (open.length > 0 && facts + more > mostFacts) {
      close();
      more = byHour.get(hour) ?? 0;
    }
    facts = open.length === 0 ? more : facts + more;
    open.push(hour);
  }
  close();
  return runs;
}

/** Of one hour: whole minutes that hold no more together, and parts of a minute that holds more by itself. */
function slicesOf(hour: number, factsIn: ReadonlyMap<number, number>, mostFacts: number): Slice[] {
  const slices: Slice[] = [];
  let since = hour;
  let facts = 0;
  const close = (until: number): void => {
    if (until > since) slices.push({ since, until });
    since = until;
    facts = 0;
  };
  for (let minute = hour; minute < hour + HOUR_MS; minute += MINUTE_MS) {
    const more = factsIn.get(minute) ?? 0;
    if (facts + more > mostFacts) close(minute);
    facts += more;
    if (more <= mostFacts) continue;
    const parts = Math.min(SLICES_OF_A_MINUTE, Math.ceil(more / mostFacts));
    for (let part = 1; part <= parts; part++) close(minute + Math.round((part * MINUTE_MS) / parts));
  }
  close(hour + HOUR_MS);
  return slices;
}

/** The slices of an hour, as one. */
export function mergeSlices(slices: readonly CountedSlice[]): CountedSlice {
  const merged = new Map<string, TrafficGroup>();
  for (const group of slices.flatMap(({ groups }) => groups)) {
    const key = JSON.stringify([
      group.instance,
      group.target,
      group.objectType,
      group.objectName,
      group.priority,
      group.state,
    ]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? group : add(known, group));
  }
  return { groups: [...merged.values()], settlesAt: Math.max(0, ...slices.map((one) => one.settlesAt)) };
}

function add(a: TrafficGroup, b: TrafficGroup): TrafficGroup {
  const failedByCode: Record<string, number> = { ...a.failedByCode };
  for (const [code, count] of Object.entries(b.failedByCode))
    failedByCode[code] = (failedByCode[code] ?? 0) + count;
  return {
    ...a,
    requests: a.requests + b.requests,
    expected: a.expected + b.expected,
    created: a.created + b.created,
    updated: a.updated + b.updated,
    outstanding: a.outstanding + b.outstanding,
    failed: a.failed + b.failed,
    superseded: a.superseded + b.superseded,
    failedByCode,
    settledWithin: a.settledWithin.map((count, index) => count + (b.settledWithin[index] ?? 0)),
  };
}
