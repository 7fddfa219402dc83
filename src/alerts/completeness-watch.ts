/**
 * Keeps the judgements of completeness up to date: each window some minutes after its end, and again until nothing is missing.
 *
 * What has all been seen stays so, for results only ever come. What lacks something is judged again, the older the less often,
 * for as long as the journal could still bring it; what only had the benefit of the doubt, until its next neighbour is stated.
 * Judgements are rows: every process and the alerts read the same.
 */
import {
  edgeMs,
  judgeWindows,
  type JudgedWindow,
  NOTHING_SEEN,
  settleMs,
  type StatedWindow,
  type WindowSums,
} from "../core/completeness.ts";
import type { CompletenessStore, KnownWindow, SummedWindow } from "../core/completeness-ports.ts";
import type { Clock, Logger } from "../core/ports.ts";

export interface CompletenessWatchParts {
  readonly store: CompletenessStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Up to when the stream has been read. */
  readonly coveredUntil: (now: number) => Promise<number>;
  /** How many times faster than real the upstream's clock runs. */
  readonly speed: number;
  /** Told of everything that is judged, after each round. */
  readonly observe?: (windows: readonly JudgedWindow[]) => void;
}

export interface CompletenessWatch {
  /** Until the signal aborts; a store that is away is asked again. */
  run(signal: AbortSignal): Promise<void>;
  /** Judges what is due. @returns how many windows were */
  round(): Promise<number>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** As long as a journal keeps events, of the upstream's clock. */
const KEPT_MS = 7 * 24 * HOUR;
/** How long before its result a request may have begun: the longest policy, and a queue that lags for most of a day. */
const LOOK_BACK_MS = 26 * HOUR;
/** What one question to the store spans. */
const SPAN_MS = 6 * HOUR;

export function createCompletenessWatch(parts: CompletenessWatchParts): CompletenessWatch {
  const { store, clock, logger, speed } = parts;
  const scaled = (ms: number): number => Math.round(ms / speed);

  async function round(): Promise<number> {
    const now = clock.now();
    const since = now - scaled(KEPT_MS);
    const judgeable = Math.min((await parts.coveredUntil(now)) - edgeMs(speed), now - settleMs(speed));
    const [stated, judged] = await Promise.all([store.statedWindows(since, now), store.judgedWindows(since)]);
    const known = new Map(judged.map((one) => [keyOf(one), one]));
    const due = stated.filter(
      (one) => one.objectType !== "" && one.until <= judgeable && isDue(one, known.get(keyOf(one)), now),
    );
    let from = 0;
    while (from < due.length) {
      const group = spanOf(due, from, scaled(SPAN_MS));
      from += group.length;
      const found = await judge(group, stated);
      await store.saveJudged(found, now);
      for (const one of found) known.set(keyOf(one), { ...one, judgedAt: now });
    }
    parts.observe?.([...known.values()]);
    return due.length;
  }

  function isDue(one: StatedWindow, known: KnownWindow | undefined, now: number): boolean {
    if (known === undefined || known.stated !== one.stated || known.until !== one.until) return true;
    if (known.missing === 0 && !isDoubtful(known)) return false;
    const age = (now - one.until) * speed;
    const pause = age < 2 * HOUR ? 0 : age < 24 * HOUR ? 10 * MINUTE : HOUR;
    return now - known.judgedAt >= scaled(pause);
  }

  async function judge(
    group: readonly StatedWindow[],
    stated: readonly StatedWindow[],
  ): Promise<JudgedWindow[]> {
    const wanted = new Set(group.map(keyOf));
    const lines = new Set(group.map(lineOf));
    const first = Math.min(...group.map(({ from }) => from));
    const last = Math.max(...group.map(({ until }) => until));
    // the neighbours of the first and the last too, for what lies near their edges
    const near = stated.filter(({ from, until }) => until >= first && from <= last);
    const edge = edgeMs(speed);
    const span = {
      since: Math.min(first, ...near.map(({ from }) => from)),
      until: Math.max(last, ...near.map(({ until }) => until)) + edge,
      lookBackMs: scaled(LOOK_BACK_MS),
      edge,
    };
    const sums = new Map((await store.windowSums(span)).map((one) => [keyOf(one), one]));
    return [...lines].flatMap((line) => judgeLine(line, near, sums)).filter((one) => wanted.has(keyOf(one)));
  }

  return {
    round,
    async run(signal) {
      let isAway = false;
      while (!signal.aborted) {
        try {
          await round();
          isAway = false;
        } catch (err) {
          if (!isAway) logger.warn({ err }, "completeness waits for the store");
          isAway = true;
        }
        await clock.sleep(Math.max(500, scaled(MINUTE)), signal).catch(() => undefined);
      }
    },
  };
}

/** Nothing is missing only if its neighbours have the rest, and the next one may not have been stated when that was judged. */
function isDoubtful({ from, until, stated, seen, judgedAt }: KnownWindow): boolean {
  return seen < stated && judgedAt < until + 2 * (until - from);
}

/** All windows of an instance, also those whose metrics event says nothing of this object type. */
function judgeLine(
  line: string,
  near: readonly StatedWindow[],
  sums: ReadonlyMap<string, SummedWindow>,
): JudgedWindow[] {
  const [instance = "", objectType = "", priority = ""] = line.split("\n");
  const windows = new Map<number, StatedWindow>();
  for (const one of near) {
    if (one.instance !== instance) continue;
    const isOwn = one.objectType === objectType && one.priority === priority;
    if (isOwn) windows.set(one.from, one);
    else if (!windows.has(one.from)) windows.set(one.from, { ...one, objectType, priority, stated: 0 });
  }
  const ordered = [...windows.values()].sort((a, b) => a.from - b.from);
  const seen = ordered.map((one): WindowSums => sums.get(keyOf(one)) ?? NOTHING_SEEN);
  return judgeWindows(ordered, seen);
}

/** From `at` on, as many windows as lie within one span. */
function spanOf(due: readonly StatedWindow[], at: number, spanMs: number): StatedWindow[] {
  const begin = due[at]?.from ?? 0;
  const group: StatedWindow[] = [];
  for (const one of due.slice(at)) {
    if (one.from < begin || one.until > begin + spanMs + HOUR) break;
    group.push(one);
  }
  return group.length === 0 ? due.slice(at, at + 1) : group;
}

function lineOf({ instance, objectType, priority }: StatedWindow): string {
  return `${instance}\n${objectType}\n${priority}`;
}

function keyOf(one: Pick<StatedWindow, "instance" | "objectType" | "priority" | "from">): string {
  return `${one.instance}\n${one.objectType}\n${one.priority}\n${one.from}`;
}
