/**
 * Alerts and silences as JSON: what the hooks are told, and what only the service knows.
 */
import type { Alert, AlertEvent } from "../core/alert.ts";
import type { Delivery } from "../core/alert-ports.ts";
import { timeText } from "../core/lifecycle-json.ts";
import { type Silence, silenceOf } from "../core/silence.ts";
import type { AlertDesk } from "./parts.ts";

/** @param silences those that hold or will */
export function alertJson(desk: AlertDesk, alert: Alert, silences: readonly Silence[], now: number) {
  const silence = alert.status === "firing" ? silenceOf(alert, silences, now) : undefined;
  return {
    ...desk.payload(alert),
    reason: alert.reason,
    acknowledgedAt: timeText(alert.acknowledgedAt),
    acknowledgedBy: alert.acknowledgedAt === null ? null : alert.acknowledgedBy,
    silencedBy: silence?.silenceId ?? null,
  };
}

export function alertEventJson({ at, what, reason }: AlertEvent) {
  return { at: timeText(at), what, reason };
}

/** Without its payload: that is for the hook. */
export function deliveryJson(one: Delivery) {
  const { deliveryId, hook, status, attempts, lastError } = one;
  return {
    deliveryId,
    hook,
    status,
    attempts,
    createdAt: timeText(one.createdAt),
    nextAt: status === "pending" ? timeText(one.nextAt) : null,
    changedAt: timeText(one.changedAt),
    lastError,
  };
}

export function silenceJson(one: Silence) {
  const { silenceId, createdBy, comment } = one;
  return {
    silenceId,
    matchers: one.matchers.map(({ label, match, value }) => ({ label, match, value })),
    startsAt: timeText(one.startsAt),
    until: timeText(one.until),
    createdBy,
    comment,
  };
}
