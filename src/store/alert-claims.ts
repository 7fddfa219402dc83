/** Claims to run alerting: made and renewed by the clock of ClickHouse, so that those of the processes do not matter. */
import type { AlertStore } from "../core/alert-ports.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

const ALIVE = `
  SELECT holder, toUnixTimestamp64Milli(claimed_at) AS claimed_ms
  FROM alert_claims FINAL
  WHERE NOT released AND renewed_at > now64(3, 'UTC') - toIntervalMillisecond({lapseMs:UInt32})
  ORDER BY claimed_at, holder`;

export function createAlertClaims(
  client: StoreClient,
  nextRevision: () => number,
): Pick<AlertStore, "claimAlerting" | "renewAlerting" | "alertingClaims"> {
  return {
    async claimAlerting(holder) {
      await client.insert("alert_claims", ["holder", "revision"], `[${quote(holder)},${nextRevision()}]`);
    },
    async renewAlerting({ holder, claimedAt }, isReleased) {
      const row = `[${quote(holder)},${claimedAt},${isReleased},${nextRevision()}]`;
      await client.insert("alert_claims", ["holder", "claimed_at", "released", "revision"], row);
    },
    async alertingClaims(lapseMs) {
      const rows = await client.query<{ holder: string; claimed_ms: string }>(ALIVE, { lapseMs });
      return rows.map((row) => ({ holder: row.holder, claimedAt: Number(row.claimed_ms) }));
    },
  };
}
