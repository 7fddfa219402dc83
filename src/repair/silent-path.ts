/**
 * Finds silent paths: other sources brought events of a time that no journal delivered.
 *
 * The look goes back a day after a start, and then as far as is new and may still have been under way.
 */
import type { RepairFinder, RepairStore } from "../core/repair-ports.ts";

export interface SilentPathOptions {
  readonly store: Pick<RepairStore, "silentIntervals" | "journalCursors">;
  /** How many times faster than real the upstream's clock runs. */
  readonly speed: number;
}

const MINUTE_MS = 60_000;
const FIRST_LOOK_BACK_MS = 24 * 60 * MINUTE_MS;
const LOOK_BACK_MS = 2 * 60 * MINUTE_MS;
const LOOK_EVERY_MS = 5 * MINUTE_MS;
/** What others brought so long ago and a journal that was read further did not deliver, it will not. */
const SETTLE_MS = 5 * MINUTE_MS;

export function createSilentPathFinder({ store, speed }: SilentPathOptions): RepairFinder {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let found: Awaited<ReturnType<RepairStore["silentIntervals"]>> = [];
  return async (sources, now) => {
    const [every, settle] = [LOOK_EVERY_MS / speed, SETTLE_MS / speed];
    if (now - lookedAt >= every) {
      const cursors = (await store.journalCursors()).filter(({ source }) => sources.includes(source));
      const readUntil = Math.min(...cursors.map(({ coveredUntil }) => coveredUntil ?? 0));
      const readSince = Math.max(...cursors.map(({ coveredFrom }) => coveredFrom ?? Infinity));
      const back = lookedAt === Number.NEGATIVE_INFINITY ? FIRST_LOOK_BACK_MS : LOOK_BACK_MS;
      const since = Math.max(readSince, now - back);
      found = Number.isFinite(readUntil)
        ? await store.silentIntervals(since, readUntil - settle, now - settle)
        : [];
      lookedAt = now;
    }
    return sources.flatMap((source) => found.map((one) => ({ ...one, source, why: "path_silent" as const })));
  };
}
