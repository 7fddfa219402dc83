/**
 * What gaps held back: requests that began in or before a part of a gap that has been read since. Their milestones have passed
 * without a judgement; as soon as the part is read they are judged again.
 *
 * A cursor in the store says up to which reading that was done, so that a restart misses none.
 */
import type { AlertStore } from "../core/alert-ports.ts";
import type { Band } from "./sweep.ts";

/** Name of the cursor. */
const REREAD = "gaps read again";

export interface RereadParts {
  readonly store: Pick<AlertStore, "requestsInBand" | "rereadParts">;
  cursorOf(name: string, fallback: number): Promise<number>;
  /** The longest time after its beginning at which the clock may make a request fire. */
  readonly longestMs: number;
  readonly longestBandMs: number;
  /** Between two looks. */
  readonly everyMs: number;
  /** Without a cursor. */
  readonly firstLookBackMs: number;
}

/** @returns the bands that are due; each is to be evaluated before the next is asked for */
export function createReread(parts: RereadParts): (now: number) => AsyncIterable<Band> {
  const { store, longestMs, longestBandMs, everyMs, firstLookBackMs } = parts;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async function* reread(now) {
    if (now - lookedAt < everyMs) return;
    lookedAt = now;
    const done = await parts.cursorOf(REREAD, now - firstLookBackMs);
    for (const { from, until, readAt } of await store.rereadParts(done)) {
      for (let since = from - longestMs; since < until; since += longestBandMs) {
        const end = Math.min(until, since + longestBandMs);
        const requestIds = await store.requestsInBand({}, since, end);
        yield { name: REREAD, requestIds, began: { since, until: end }, until: end < until ? done : readAt };
      }
    }
  };
}
