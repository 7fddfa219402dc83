/**
 * Bands: the requests that a sweep has to look at, and how far it has come.
 *
 * Each question reads only its band: of the time-ordered facts, or of the order of arrival.
 */
import type { AlertStore, InstanceSet } from "../core/alert-ports.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

type AlertBands = Pick<
  AlertStore,
  "requestsInBand" | "notableArrivals" | "loadSweepCursor" | "saveSweepCursor"
>;

export function createAlertBands(client: StoreClient, nextRevision: () => number): AlertBands {
  return {
    async requestsInBand(instances, since, until) {
      const { condition, params } = conditionOf(instances);
      const rows = await client.query<{ request_id: string }>(
        `SELECT request_id
         FROM facts_by_time
         WHERE minute >= toStartOfMinute({since:DateTime64(3, 'UTC')}) AND minute < {until:DateTime64(3, 'UTC')}
           AND t0 >= {since:DateTime64(3, 'UTC')} AND t0 < {until:DateTime64(3, 'UTC')} ${condition}
         GROUP BY request_id
         ORDER BY min(t0), request_id`,
        { since: new Date(since), until: new Date(until), ...params },
      );
      return rows.map((row) => row.request_id);
    },
    async notableArrivals(since, until) {
      const rows = await client.query<{ request_id: string }>(
        `SELECT request_id
         FROM notable_arrivals
         WHERE arrived_at >= {since:DateTime64(3, 'UTC')} AND arrived_at < {until:DateTime64(3, 'UTC')}
         GROUP BY request_id
         ORDER BY min(arrived_at), request_id`,
        { since: new Date(since), until: new Date(until) },
      );
      return rows.map((row) => row.request_id);
    },
    async loadSweepCursor(name) {
      const [row] = await client.query<{ at_ms: string }>(
        "SELECT toUnixTimestamp64Milli(at) AS at_ms FROM sweep_cursors FINAL WHERE name = {name:String}",
        { name },
      );
      return row === undefined ? undefined : Number(row.at_ms);
    },
    async saveSweepCursor(name, at) {
      await client.insert(
        "sweep_cursors",
        ["name", "at", "revision"],
        `[${quote(name)},${Math.floor(at)},${nextRevision()}]`,
      );
    },
  };
}

function conditionOf({ only, except }: InstanceSet): {
  condition: string;
  params: Record<string, readonly string[]>;
} {
  const condition =
    (only === undefined ? "" : "AND instance IN {only:Array(String)} ") +
    (except === undefined || except.length === 0 ? "" : "AND instance NOT IN {except:Array(String)}");
  return {
    condition,
    params: { ...(only && { only }), ...(except && except.length > 0 && { except }) },
  };
}
