/**
 * The hourly roll-up: what became of the requests that began in an hour, counted by what they are and how they stand.
 *
 * Pure. An hour is counted in slices when it holds much; slices add up to it, since a request begins in one of them.
 */
import type { RecordCounts } from "./fact.ts";

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
  readonly failedByCode: RecordCounts;
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
  /** How much of an hour a question spans; of several hours, all of them. */
  readonly sliceMs: number;
}

const SLICES_OF_AN_HOUR = [1, 2, 3, 4, 6, 12, 30, 60];

/**
 * Hours joined as long as what lies between the first and the last is not too much for one question: a question costs,
 * however little it reads. An hour that is too much by itself is cut.
 *
 * @param hours in their order
 * @param factsIn facts filed in an hour, for all hours between the first and the last that hold any
 */
export function planRuns(
  hours: readonly number[],
  factsIn: ReadonlyMap<number, number>,
  mostFacts: number,
): CountRun[] {
  const runs: CountRun[] = [];
  let open: number[] = [];
  let facts = 0;
  const close = (): void => {
    const [first] = open;
    const last = open.at(-1);
    if (first === undefined || last === undefined) return;
    const slices = SLICES_OF_AN_HOUR.find((count) => facts / count <= mostFacts) ?? 60;
    runs.push({ hours: open, sliceMs: slices === 1 ? last + HOUR_MS - first : HOUR_MS / slices });
    open = [];
  };
  for (const hour of hours) {
    let more = 0;
    for (let at = (open.at(-1) ?? hour - HOUR_MS) + HOUR_MS; at <= hour; at += HOUR_MS)
      more += factsIn.get(at) ?? 0;
    if (open.length > 0 && facts + more > mostFacts) {
      close();
      more = factsIn.get(hour) ?? 0;
    }
    facts = open.length === 0 ? more : facts + more;
    open.push(hour);
  }
  close();
  return runs;
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
