/** Acknowledgements that other processes were asked for. Handing one over twice changes nothing. */
import type { AlertStore } from "../core/alert-ports.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

const COLUMNS = ["alert_id", "at", "by", "comment"];

interface AcknowledgementRow {
  readonly alert_id: string;
  readonly at_ms: string;
  readonly by: string;
  readonly comment: string;
}

export function createAcknowledgements(
  client: StoreClient,
): Pick<AlertStore, "saveAcknowledgement" | "acknowledgements"> {
  return {
    async saveAcknowledgement({ alertId, at, by, comment }) {
      const row = `[${quote(alertId)},${at},${quote(by)},${quote(comment)}]`;
      await client.insert("alert_acknowledgements", COLUMNS, row);
    },
    async acknowledgements(since) {
      const rows = await client.query<AcknowledgementRow>(
        `SELECT alert_id, toUnixTimestamp64Milli(at) AS at_ms, by, comment FROM alert_acknowledgements FINAL
         WHERE at >= {since:DateTime64(3, 'UTC')} ORDER BY at, alert_id`,
        { since: new Date(since) },
      );
      return rows.map(({ alert_id: alertId, at_ms, by, comment }) => ({
        alertId,
        at: Number(at_ms),
        by,
        comment,
      }));
    },
  };
}
