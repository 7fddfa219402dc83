/** The outbox: notifications on their way to hooks; of each the row with the highest revision counts. */
import type { AlertStore, Delivery } from "../core/alert-ports.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

const COLUMNS = [
  "delivery_id",
  "alert_id",
  "hook",
  "payload",
  "status",
  "attempts",
  "created_at",
  "next_at",
  "last_error",
  "changed_at",
  "revision",
];

interface DeliveryRow {
  readonly delivery_id: string;
  readonly alert_id: string;
  readonly hook: string;
  readonly payload: string;
  readonly status: Delivery["status"];
  readonly attempts: number;
  readonly created_ms: string;
  readonly next_ms: string;
  readonly last_error: string;
  readonly changed_ms: string;
}

/** `ids` narrows it down to few before FINAL has to look at rows that are superseded. */
const select = (ids: string): string => `
  SELECT delivery_id, alert_id, hook, payload, status, attempts, toUnixTimestamp64Milli(created_at) AS created_ms,
         toUnixTimestamp64Milli(next_at) AS next_ms, last_error, toUnixTimestamp64Milli(changed_at) AS changed_ms
  FROM deliveries FINAL
  WHERE delivery_id IN (SELECT delivery_id FROM deliveries WHERE ${ids})`;

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    deliveryId: row.delivery_id,
    alertId: row.alert_id,
    hook: row.hook,
    payload: row.payload,
    status: row.status,
    attempts: row.attempts,
    createdAt: Number(row.created_ms),
    nextAt: Number(row.next_ms),
    lastError: row.last_error,
    changedAt: Number(row.changed_ms),
  };
}

export function createOutboxStore(
  client: StoreClient,
  nextRevision: () => number,
): Pick<AlertStore, "dueDeliveries" | "saveDeliveries" | "listDeliveries"> {
  return {
    async saveDeliveries(deliveries) {
      const rows = deliveries.map(
        (one) =>
          `[${quote(one.deliveryId)},${quote(one.alertId)},${quote(one.hook)},${quote(one.payload)},` +
          `"${one.status}",${one.attempts},${one.createdAt},${one.nextAt},${quote(one.lastError)},` +
          `${one.changedAt},${nextRevision()}]`,
      );
      await client.insert("deliveries", COLUMNS, rows.join("\n"));
    },
    /** The longest due first. */
    async dueDeliveries(now, limit) {
      const due = "status = 'pending' AND next_at <= {now:DateTime64(3, 'UTC')}";
      const rows = await client.query<DeliveryRow>(
        `${select(due)} AND ${due} ORDER BY next_at, created_at, delivery_id LIMIT {limit:UInt32}`,
        { now: new Date(now), limit },
      );
      return rows.map(deliveryOf);
    },
    /** In the order in which they were made. */
    async listDeliveries(alertId) {
      const rows = await client.query<DeliveryRow>(
        `${select("alert_id = {alertId:String}")} ORDER BY created_at, delivery_id`,
        { alertId },
      );
      return rows.map(deliveryOf);
    },
  };
}
