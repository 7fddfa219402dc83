/**
 * Bands: the requests that a sweep has to look at, and how far it has come.
 *
 * Each question reads only its band: of the time-ordered facts, or of the order of arrival.
 */
import type { AlertStore, InstanceSet } from "../core/alert-ports.ts";
import { firingMembers } from "./alert-members.ts";
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
         HAVING ${NOT_SETTLED}
         ORDER BY min(t0), request_id`,
        { since: new Date(since), until: new Date(until), ...params },
      );
      return rows.map((row) => row.request_id);
    },
    async notableArrivals(since, until, begunBefore) {
      const rows = await client.query<{ request_id: string; done: number }>(
        `SELECT request_id, min(why) = 'done' AS done
         FROM arrivals
         WHERE arrived_at >= {since:DateTime64(3, 'UTC')} AND arrived_at < {until:DateTime64(3, 'UTC')}
           AND (why = 'at once' OR (why != 'early' AND t0 < {begunBefore:DateTime64(3, 'UTC')}))
         GROUP BY request_id
         ORDER BY min(arrived_at), request_id`,
        { since: new Date(since), until: new Date(until), begunBefore: new Date(Math.max(0, begunBefore)) },
      );
      const done = rows.filter((row) => row.done === 1).map((row) => row.request_id);
      const members = new Set((await firingMembers(client, done)).map((member) => member.requestId));
      return rows.filter((row) => row.done === 0 || members.has(row.request_id)).map((row) => row.request_id);
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

/**
 * Left out: requests whose facts of the band alone show that every record is done. Where other facts show more to be done
 * (a submission of more records), they put the request into their own band.
 */
const NOT_SETTLED = `
  countIf(kind != 'result') = count() OR max(notEmpty(failed_codes)) OR max(kind = 'job')
  OR arraySum(arrayMap(x -> x.2, groupUniqArray((fact_id, created + updated)))) < max(received)`;

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
