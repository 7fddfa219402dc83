/**
 * A delivery: one notification for one hook, and its id.
 *
 * The id says which notification it is, not when it was made: the alert, what it was told of before, its status, the hook.
 * A crash between storing a delivery and noting that the alert was told makes the same id again, and the receiver sees
 * that it had it already.
 */
import { createHash } from "node:crypto";
import type { Alert } from "../core/alert.ts";
import type { AlertPayload, Delivery } from "../core/alert-ports.ts";

/** @param alert as it stood before it was noted as told: `notifiedAt` is of the notification before this one */
export function createDelivery(alert: Alert, payload: AlertPayload, hook: string, now: number): Delivery {
  return {
    deliveryId: deliveryIdOf(alert, hook),
    alertId: alert.alertId,
    hook,
    payload: JSON.stringify(payload),
    status: "pending",
    attempts: 0,
    createdAt: now,
    nextAt: now,
    lastError: "",
    changedAt: now,
  };
}

function deliveryIdOf({ alertId, notifiedAt, status }: Alert, hook: string): string {
  const identity = JSON.stringify([alertId, notifiedAt, status, hook]);
  return `msg_${createHash("sha256").update(identity).digest("hex").slice(0, 32)}`;
}
