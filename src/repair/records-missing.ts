/** Finds hours of which less has arrived than the stream states: the events may lie in a journal still. */
import { settleMs } from "../core/completeness.ts";
import type { CompletenessReader } from "../core/completeness-ports.ts";
import type { RepairFinder } from "../core/repair-ports.ts";

export interface RecordsMissingOptions {
  readonly store: Pick<CompletenessReader, "judgedWindows">;
  /** How many times faster than real the upstream's clock runs. */
  readonly speed: number;
  /** What lies further back no journal keeps. */
  readonly keepsMs: number;
}

/** A result may have been sent somewhat before the window that states it. */
const MARGIN_MS = 60_000;

/** Which journal carries an instance is not known: all are read. */
export function createRecordsMissingFinder({ store, speed, keepsMs }: RecordsMissingOptions): RepairFinder {
  return async (sources, now) => {
    const windows = await store.judgedWindows(now - keepsMs);
    const lacking = windows.filter(({ missing }) => missing > 0);
    const wanted = new Map(
      lacking.map(({ from, until }) => [
        `${from} ${until}`,
        { why: "records_missing" as const, from: from - MARGIN_MS / speed, until: until + settleMs(speed) },
      ]),
    );
    return sources.flatMap((source) => [...wanted.values()].map((one) => ({ ...one, source })));
  };
}
