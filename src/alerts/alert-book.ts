/**
 * The book of open alerts: one for each rule and group, as it stands in memory; the store holds the same.
 *
 * Changes are collected here during a tick and written at its end, members first: after a crash in between the sums are
 * taken from the members again, and nobody is told twice.
 */
import {
  type Alert,
  type AlertEvent,
  groupKey,
  beginAlert,
  type AlertRequests,
  type Judgement,
} from "../core/alert.ts";
import { hash64 } from "../core/hash.ts";
import type { Severity, AlertGroup, AlertRuleName } from "../core/alert.ts";

export class AlertBook {
  private readonly open = new Map<string, Alert>();
  private readonly touched = new Map<string, Alert>();
  private events: AlertEvent[] = [];

  constructor(alerts: readonly Alert[]) {
    for (const alert of alerts) this.open.set(groupKey(alert.rule, alert.group), alert);
  }

  find(key: string): Alert | undefined {
    return this.open.get(key);
  }

  byId(alertId: string): Alert | undefined {
    for (const alert of this.open.values()) {
      if (alert.alertId === alertId) return alert;
    }
    return undefined;
  }

  all(): readonly Alert[] {
    return [...this.open.values()];
  }

  /** The open alert of the rule and group; a new one begins at `now`, and one whose end nobody was told of goes on. */
  openFor(
    rule: { readonly name: AlertRuleName; readonly severity: Severity },
    group: AlertGroup,
    judgement: Pick<Judgement, "evidence" | "reason">,
    now: number,
  ): Alert {
    const key = groupKey(rule.name, group);
    const known = this.open.get(key);
    if (known?.status === "firing") return known;
    const alert: Alert =
      known === undefined
        ? beginAlert(hash64(`a\n${key}\n${now}`), rule, group, judgement, now)
        : { ...known, ...judgement, status: "firing", endsAt: null, changedAt: now };
    this.put(alert);
    this.note(alert.alertId, now, "firing", judgement.reason);
    return alert;
  }

  /** What its members add up to now; an alert without any is over. */
  resum(alert: Alert, requests: AlertRequests, ending: "resolved" | "recovered", now: number): void {
    if (requests.count > 0) {
      if (requests.count > alert.requests.count && alert.requests.count > 0) {
        this.note(alert.alertId, now, "grown", `${requests.count} requests`);
      }
      this.put({ ...alert, requests, changedAt: now });
    } else {
      this.end(
        { ...alert, requests: { ...alert.requests, outstanding: requests.outstanding } },
        ending,
        "no request is left",
        now,
      );
    }
  }

  end(alert: Alert, status: "resolved" | "recovered", reason: string, now: number): void {
    this.put({ ...alert, status, reason, endsAt: now, changedAt: now });
    this.note(alert.alertId, now, status, reason);
  }

  put(alert: Alert): void {
    this.open.set(groupKey(alert.rule, alert.group), alert);
    this.touched.set(alert.alertId, alert);
  }

  note(alertId: string, at: number, what: AlertEvent["what"], reason: string): void {
    this.events.push({ alertId, at, what, reason });
  }

  /** An alert that has ended and was told of leaves the book. */
  close(alert: Alert): void {
    const key = groupKey(alert.rule, alert.group);
    if (this.open.get(key)?.alertId === alert.alertId) this.open.delete(key);
  }

  /** What has to be written; empty afterwards. */
  takeChanges(): { alerts: readonly Alert[]; events: readonly AlertEvent[] } {
    const alerts = [...this.touched.values()];
    const { events } = this;
    this.touched.clear();
    this.events = [];
    return { alerts, events };
  }
}
