/**
 * When hooks are told of an alert: first wait, interval of the group, interval of repetition, as Alertmanager does it.
 *
 * A decision with its reason; nothing here sends or reads a clock.
 */
import type { Alert } from "./alert.ts";

export interface AlertTiming {
  /** How long a new alert waits for more of its kind, in milliseconds. */
  readonly groupWaitMs: number;
  /** Shortest time between two notifications of one alert that has changed. */
  readonly groupIntervalMs: number;
  /** After what time an unchanged alert is told again. */
  readonly repeatIntervalMs: number;
}

export type NotificationDecision =
  | { readonly notify: true; readonly reason: "first" | "grown" | "repeated" | "ended" }
  | {
      readonly notify: false;
      readonly reason: "waits" | "unchanged" | "never told" | "acknowledged" | "told";
    };

export function decideNotification(alert: Alert, timing: AlertTiming, now: number): NotificationDecision {
  const { notifiedAt } = alert;
  if (alert.status !== "firing") {
    if (notifiedAt === null) return { notify: false, reason: "never told" };
    if (alert.notifiedStatus !== "firing") return { notify: false, reason: "told" };
    return { notify: true, reason: "ended" };
  }
  if (notifiedAt === null) {
    return now >= alert.startsAt + timing.groupWaitMs
      ? { notify: true, reason: "first" }
      : { notify: false, reason: "waits" };
  }
  if (alert.requests.count > alert.notifiedCount) {
    return now >= notifiedAt + timing.groupIntervalMs
      ? { notify: true, reason: "grown" }
      : { notify: false, reason: "waits" };
  }
  if (alert.acknowledgedAt !== null) return { notify: false, reason: "acknowledged" };
  return now >= notifiedAt + timing.repeatIntervalMs
    ? { notify: true, reason: "repeated" }
    : { notify: false, reason: "unchanged" };
}
