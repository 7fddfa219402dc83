/** What was read of each journal besides what its cursor tells, and where gaps were. */
import type { CoveredInterval } from "../core/coverage.ts";
import { mergeIntervals } from "../core/interval.ts";
import type { CoverageGap } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

const MOST = 1_000;

export async function recordGap(client: StoreClient, gap: CoverageGap): Promise<void> {
  await client.insert(
    "coverage",
    ["source", "gap_from", "gap_until", "reason"],
    `[${quote(gap.source)},${gap.from},${gap.until},"${gap.reason}"]`,
  );
}

export async function recordCovered(client: StoreClient, interval: CoveredInterval): Promise<void> {
  const { source, from, until, by, readAt } = interval;
  await client.insert(
    "covered_intervals",
    ["source", "covered_from", "covered_until", "read_by", "read_at"],
    `[${quote(source)},${from},${until},"${by}",${readAt}]`,
  );
}

/** Gaps that reach beyond `since`, newest first. One that several processes found while they read the same journal is one. */
export async function recordedGaps(client: StoreClient, since: number): Promise<CoverageGap[]> {
  const rows = await client.query<{
    source: string;
    from: string;
    until: string;
    reason: CoverageGap["reason"];
  }>(
    `SELECT source, toUnixTimestamp64Milli(gap_from) AS from, toUnixTimestamp64Milli(gap_until) AS until, reason
     FROM coverage FINAL
     WHERE gap_until > {since:DateTime64(3, 'UTC')}
     ORDER BY gap_from DESC LIMIT ${MOST}`,
    { since: new Date(Math.max(0, since)) }, // ClickHouse reads no time before 1970
  );
  const gaps = rows.map((gap) => ({ ...gap, from: Number(gap.from), until: Number(gap.until) }));
  const kinds = new Map(
    gaps.map(({ source, reason }) => [JSON.stringify([source, reason]), { source, reason }]),
  );
  return [...kinds.values()]
    .flatMap((kind) => {
      const own = gaps.filter(({ source, reason }) => source === kind.source && reason === kind.reason);
      return mergeIntervals(own).map((interval) => ({ ...kind, ...interval }));
    })
    .sort((a, b) => b.from - a.from);
}

/** The newest of them. */
export async function coveredIntervals(client: StoreClient): Promise<CoveredInterval[]> {
  const rows = await client.query<{
    source: string;
    from: string;
    until: string;
    by: CoveredInterval["by"];
    read_ms: string;
  }>(
    `SELECT source, toUnixTimestamp64Milli(covered_from) AS from, toUnixTimestamp64Milli(covered_until) AS until,
            read_by AS by, toUnixTimestamp64Milli(read_at) AS read_ms
     FROM covered_intervals FINAL
     ORDER BY read_at DESC LIMIT ${MOST}`,
  );
  return rows.map(({ source, from, until, by, read_ms }) => ({
    source,
    from: Number(from),
    until: Number(until),
    by,
    readAt: Number(read_ms),
  }));
}
