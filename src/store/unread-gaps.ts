/** The parts of gaps that nothing has read since, and those that something has: whether what lies there was told. */
import type { RereadPart } from "../core/alert-ports.ts";
import { coveredByCursor, restsOf, standingOf } from "../core/coverage.ts";
import type { CoverageGap } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";
import { coveredIntervals, recordedGaps } from "./coverage.ts";
import { journalCursors } from "./stream-report.ts";

/** Those of gaps that reach beyond `since`, newest first. */
export async function unreadGaps(client: StoreClient, since: number): Promise<CoverageGap[]> {
  const gaps = await recordedGaps(client, since);
  if (gaps.length === 0) return [];
  const cursors = await journalCursors(client);
  const covered = [...(await coveredIntervals(client)), ...cursors.flatMap(coveredByCursor)];
  return restsOf(gaps.map((gap) => standingOf(gap, covered, 0)));
}

/** Gaps that ended so long before are read again by nobody. */
const LOOK_BACK_MS = 8 * 24 * 3_600_000;

export async function rereadParts(client: StoreClient, since: number): Promise<RereadPart[]> {
  const gaps = await recordedGaps(client, since - LOOK_BACK_MS);
  if (gaps.length === 0) return [];
  const read = (await coveredIntervals(client)).filter(({ readAt }) => readAt > since);
  const parts = gaps.flatMap((gap) =>
    read
      .filter(({ source, readAt }) => source === gap.source && readAt >= gap.until)
      .map(({ from, until, readAt }) => ({
        from: Math.max(from, gap.from),
        until: Math.min(until, gap.until),
        readAt,
      })),
  );
  return parts.filter(({ from, until }) => from < until).sort((a, b) => a.readAt - b.readAt);
}
