/**
 * Alerts: what a rule says of requests or of the stream, how it is grouped, and how an alert moves.
 *
 * Rules judge, this decides: firing → resolved (it is over) or recovered (a late success undid it). Pure; times in.
 */
import { NO_COUNTS, type RecordCounts } from "./record-counts.ts";
import type { Evidence } from "./lifecycle.ts";

export const ALERT_RULES = [
  "link-retry-at-risk",
  "link-retry-exhausted",
  "request-overdue",
  "request-rejected",
  "failure-rate",
  "unconfirmed-submission",
  "stream-silent",
  "stream-gap",
  "cursor-aging",
  "queue-lag",
  "quota-low",
  "dead-letters",
  "bulk-job-failed",
] as const;
export type AlertRuleName = (typeof ALERT_RULES)[number];

export type Severity = "info" | "warning" | "critical";
export type AlertStatus = "firing" | "resolved" | "recovered";

/** The labels by which findings are joined into one alert; "" where one does not apply. */
export interface AlertGroup {
  readonly instance: string;
  readonly objectName: string;
  /** A journal, a queue, a way in: for alerts about the stream. */
  readonly source: string;
}

/** What a rule says, and why. `waiting`: it would fire, but what is known is not enough (a gap in the stream). */
export interface Judgement {
  readonly verdict: "firing" | "clear" | "waiting";
  readonly evidence: Evidence;
  readonly reason: string;
}

/** What the requests behind an alert add up to. */
export interface AlertRequests {
  readonly count: number;
  /** Some of their ids, the oldest first. */
  readonly sample: readonly string[];
  readonly outstanding: number;
  readonly failed: RecordCounts;
}

/** Whom the requests behind an alert wait for, as of when the hooks are told. */
export interface AlertMissingPersons {
  /** Distinct link values without a person, and how many link values there are. */
  readonly count: number;
  readonly of: number;
  /** Some of the digests. */
  readonly sample: readonly string[];
  /** Epoch milliseconds. */
  readonly askedAt: number;
  /** The first link window to close; null: all are closed. */
  readonly windowEndsAt: number | null;
}

export const NO_REQUESTS: AlertRequests = { count: 0, sample: [], outstanding: 0, failed: NO_COUNTS };

/** One alert: a rule and a group, from its first finding to its end. Times are epoch milliseconds. */
export interface Alert {
  readonly alertId: string;
  readonly rule: AlertRuleName;
  readonly group: AlertGroup;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly evidence: Evidence;
  readonly reason: string;
  readonly startsAt: number;
  readonly endsAt: number | null;
  /** Of the newest finding. */
  readonly changedAt: number;
  readonly requests: AlertRequests;
  /** null: not asked, or no submission told link values. */
  readonly missingPersons: AlertMissingPersons | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string;
  /** When the hooks were last told, and of how many requests; null before the first time. */
  readonly notifiedAt: number | null;
  readonly notifiedCount: number;
  readonly notifiedStatus: AlertStatus | "";
}

/** One line of an alert's history. */
export interface AlertEvent {
  readonly alertId: string;
  readonly at: number;
  readonly what:
    | "firing"
    | "grown"
    | "resolved"
    | "recovered"
    | "acknowledged"
    | "silenced"
    | "notified"
    | "waiting";
  readonly reason: string;
}

export function groupKey(rule: AlertRuleName, group: AlertGroup): string {
  return JSON.stringify([rule, group.instance, group.objectName, group.source]);
}

/** An alert as it begins: it fires, and nobody was told or has taken it on. */
export function beginAlert(
  alertId: string,
  rule: { readonly name: AlertRuleName; readonly severity: Severity },
  group: AlertGroup,
  judgement: Pick<Judgement, "evidence" | "reason">,
  now: number,
): Alert {
  return {
    alertId,
    rule: rule.name,
    group,
    status: "firing",
    severity: rule.severity,
    evidence: judgement.evidence,
    reason: judgement.reason,
    startsAt: now,
    endsAt: null,
    changedAt: now,
    requests: NO_REQUESTS,
    missingPersons: null,
    acknowledgedAt: null,
    acknowledgedBy: "",
    notifiedAt: null,
    notifiedCount: 0,
    notifiedStatus: "",
  };
}
