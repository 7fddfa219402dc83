/** What alerts ask of the stream: shares of failures, cursors, gaps, quota and lag, silence, dead letters. */
import type { AlertReader, FailureShare } from "../core/alert-ports.ts";
import type { StoreClient } from "./client.ts";
import { createCompletenessStore } from "./completeness.ts";
import { journalCursors, statusOf, type StatusRow, SELECT_STATUS } from "./stream-report.ts";
import { rereadParts, unreadGaps } from "./unread-gaps.ts";

type StreamQuestions = Pick<
  AlertReader,
  | "failureShares"
  | "journalCursors"
  | "coverageGaps"
  | "rereadParts"
  | "streamStatuses"
  | "awaitedInstances"
  | "countDeadLetters"
  | "judgedWindows"
>;

export function createAlertStream(client: StoreClient): StreamQuestions {
  return {
    failureShares: (since, until) => failureShares(client, since, until),
    journalCursors: () => journalCursors(client),
    judgedWindows: (since) => createCompletenessStore(client).judgedWindows(since),
    coverageGaps: (since) => unreadGaps(client, since),
    rereadParts: (since) => rereadParts(client, since),
    async streamStatuses(since, until) {
      const rows = await client.query<StatusRow>(
        `${SELECT_STATUS}
         FROM stream_status FINAL
         WHERE at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
         ORDER BY at, event_id, priority`,
        { since: new Date(since), until: new Date(until) },
      );
      return rows.map(statusOf);
    },
    async awaitedInstances(now) {
      const rows = await client.query<{ instance: string; last_ms: string; awaited_ms: string }>(AWAITED, {
        now: new Date(now),
      });
      return rows.map((row) => ({
        instance: row.instance,
        lastResultAt: Number(row.last_ms),
        awaitedSince: Number(row.awaited_ms),
      }));
    },
    async countDeadLetters() {
      const [row] = await client.query<{ dead: string }>(
        "SELECT count() AS dead FROM dead_letters FINAL WHERE NOT discarded",
      );
      return Number(row?.dead ?? 0);
    },
  };
}

const AWAITED = `
  SELECT s.instance AS instance, any(r.last_ms) AS last_ms,
         min(greatest(toUnixTimestamp64Milli(s.first_at), r.last_ms)) AS awaited_ms
  FROM (SELECT instance, first_at, last_at FROM stream_activity
        WHERE kind = 'submission' AND minute <= {now:DateTime64(3, 'UTC')}) AS s
  LEFT JOIN (
    SELECT instance, max(toUnixTimestamp64Milli(last_at)) AS last_ms
    FROM stream_activity
    WHERE kind = 'result' AND minute <= {now:DateTime64(3, 'UTC')}
    GROUP BY instance
  ) AS r ON s.instance = r.instance
  WHERE toUnixTimestamp64Milli(s.last_at) > r.last_ms
  GROUP BY s.instance
  ORDER BY s.instance`;

/**
 * Records among the results that happened in [since, until), each result once. Counts of problem records are none of them:
 * they tell of failures alone, and would be a share of all.
 *
 * FINAL drops duplicates while it merges, in a tenth of the time and memory of a group for each. What another decoder gave
 * another beginning stands in another place, and counts twice for as long as the window is.
 *
 * Results stand beside the beginning of their request: the facts are read from twice the longest retry before `since`
 * on, so that an upstream that lags as far again is still seen.
 */
async function failureShares(client: StoreClient, since: number, until: number): Promise<FailureShare[]> {
  const rows = await client.query<{
    instance: string;
    object_name: string;
    accounted: string;
    failed: string;
  }>(SHARES, { since: new Date(since), sinceMs: since, until: new Date(until) });
  return rows.map((row) => ({
    instance: row.instance,
    objectName: row.object_name,
    accounted: Number(row.accounted),
    failed: Number(row.failed),
  }));
}

const SHARES = `
  SELECT instance, object_name, sum(toUInt64(created) + updated + arraySum(failed_counts)) AS accounted,
         sum(arraySum(failed_counts)) AS failed
  FROM facts_by_time FINAL
  WHERE minute >= toStartOfMinute(fromUnixTimestamp64Milli({sinceMs:Int64}
                  - (SELECT 2 * max(arrayMax(retry_after_ms)) FROM fold_settings WHERE notEmpty(retry_after_ms)), 'UTC'))
    AND minute < {until:DateTime64(3, 'UTC')}
    AND kind = 'result' AND target = 'marketo' AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
  GROUP BY instance, object_name
  ORDER BY instance, object_name`;
