/** Which requests have new facts, in the order in which these were stored: by whatever process, for a few days. */
import type { Arrival } from "../core/ports.ts";
import type { ArrivedRequest } from "../core/trace-ports.ts";
import type { StoreClient } from "./client.ts";

/** Behind `after`, oldest first; some twice, since a group for each would read all that has arrived, and not the first few. */
export async function arrivalsAfter(client: StoreClient, after: Arrival, limit: number): Promise<Arrival[]> {
  const rows = await client.query<{ request_id: string; at_ms: string }>(
    `SELECT request_id, toUnixTimestamp64Milli(arrived_at) AS at_ms
     FROM arrivals
     WHERE arrived_at >= {at:DateTime64(3, 'UTC')}
       AND (arrived_at, request_id) > ({at:DateTime64(3, 'UTC')}, {requestId:String})
     ORDER BY arrived_at, request_id
     LIMIT {limit:UInt32}`,
    { at: new Date(Math.max(0, after.at)), requestId: after.requestId, limit }, // ClickHouse reads no time before 1970
  );
  return rows.map((row) => ({ at: Number(row.at_ms), requestId: row.request_id }));
}

/** By the beginning of the SHA-256 of the id: the others are left out where they are. */
export async function arrivedBetween(
  client: StoreClient,
  since: number,
  until: number,
  share: number,
): Promise<ArrivedRequest[]> {
  const rows = await client.query<{ request_id: string; at_ms: string }>(
    `SELECT request_id, toUnixTimestamp64Milli(arrived_at) AS at_ms
     FROM arrivals
     WHERE arrived_at >= {since:DateTime64(3, 'UTC')} AND arrived_at < {until:DateTime64(3, 'UTC')}
       ${share < 1 ? "AND reinterpretAsUInt32(reverse(substring(SHA256(request_id), 1, 4))) < {most:UInt64}" : ""}
     GROUP BY arrived_at, request_id
     ORDER BY arrived_at, request_id`,
    {
      since: new Date(Math.max(0, since)),
      until: new Date(Math.max(0, until)),
      most: Math.round(share * 2 ** 32),
    },
  );
  return rows.map((row) => ({ at: Number(row.at_ms), requestId: row.request_id }));
}

/** The time of the newest; undefined when there is none. */
export async function lastArrivalAt(client: StoreClient): Promise<number | undefined> {
  const [row] = await client.query<{ arrivals: string; at_ms: string }>(
    "SELECT count() AS arrivals, toUnixTimestamp64Milli(max(arrived_at)) AS at_ms FROM arrivals",
  );
  return row === undefined || row.arrivals === "0" ? undefined : Number(row.at_ms);
}
