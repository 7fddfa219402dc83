/** A desk of alerting in memory, for the API's tests. */
import type { AlertDesk } from "../../src/api/parts.ts";
import type { Alert, AlertEvent } from "../../src/core/alert.ts";
import type { AlertFilter, Delivery } from "../../src/core/alert-ports.ts";
import type { Silence } from "../../src/core/silence.ts";
import { START } from "./facts.ts";
import { countsJson } from "../../src/core/record-counts.ts";
import { counts } from "../counts.ts";

export interface MemoryDesk extends AlertDesk {
  alerts: Alert[];
  history: AlertEvent[];
  deliveries: Delivery[];
  silences: Silence[];
}

export function alertOf(n: number, changes: Partial<Alert> = {}): Alert {
  return {
    alertId: `a${n}`,
    rule: "link-retry-exhausted",
    group: { instance: "123-ABC-456", objectName: "purchases", source: "" },
    status: "firing",
    severity: "critical",
    evidence: "inferred",
    reason: "no result until the deadline",
    startsAt: START + n,
    endsAt: null,
    changedAt: START + n,
    requests: { count: 3, sample: ["r1"], outstanding: 12, failed: counts({ "1004": 7 }) },
    acknowledgedAt: null,
    acknowledgedBy: "",
    notifiedAt: null,
    notifiedCount: 0,
    notifiedStatus: "",
    missingPersons: null,
    ...changes,
  };
}

export function createMemoryDesk(...alerts: Alert[]): MemoryDesk {
  const fits = (alert: Alert, filter: AlertFilter): boolean =>
    (filter.status ?? alert.status) === alert.status &&
    (filter.rule ?? alert.rule) === alert.rule &&
    (filter.instance ?? alert.group.instance) === alert.group.instance &&
    (filter.objectName ?? alert.group.objectName) === alert.group.objectName;
  const desk: MemoryDesk = {
    alerts,
    history: [],
    deliveries: [],
    silences: [],
    store: {
      async listAlerts(filter, limit, after) {
        const newest = desk.alerts.toSorted((a, b) => b.startsAt - a.startsAt);
        const from = after === undefined ? 0 : newest.findIndex((one) => one.alertId === after) + 1;
        return newest
          .slice(from)
          .filter((one) => fits(one, filter))
          .slice(0, limit);
      },
      findAlert: async (alertId) => desk.alerts.find((one) => one.alertId === alertId),
      alertHistory: async (alertId) => desk.history.filter((one) => one.alertId === alertId),
      listDeliveries: async (alertId) => desk.deliveries.filter((one) => one.alertId === alertId),
      silences: async (now) => desk.silences.filter((one) => one.until > now),
      saveSilence: async (silence) => void desk.silences.push(silence),
      async endSilence(silenceId, at) {
        const known = desk.silences.find((one) => one.silenceId === silenceId && one.until > at);
        desk.silences = desk.silences.map((one) => (one === known ? { ...one, until: at } : one));
        return known !== undefined;
      },
    },
    payload: ({ alertId, rule, status, severity, evidence, startsAt, endsAt, group, requests }) => ({
      id: alertId,
      type: rule,
      status,
      severity,
      evidence,
      startsAt: new Date(startsAt).toISOString(),
      endsAt: endsAt === null ? null : new Date(endsAt).toISOString(),
      group: { instance: group.instance, objectName: group.objectName },
      summary: `summary of ${alertId}`,
      requests: { count: requests.count, sample: requests.sample },
      records: { outstanding: requests.outstanding, failed: countsJson(requests.failed) },
      links: { self: `/v1/alerts/${alertId}`, page: `/#/alerts/${alertId}` },
    }),
    async test(hook) {
      const hooks = [
        { hook: "webhook", outcome: "delivered" },
        { hook: "slack", outcome: "failed", reason: "answered 503" },
      ];
      return hooks.filter((one) => (hook ?? one.hook) === one.hook);
    },
    leads: () => true,
    async acknowledge(alertId, by, comment) {
      const known = desk.alerts.find((one) => one.alertId === alertId);
      if (known === undefined) return undefined;
      desk.history.push({ alertId, at: START, what: "acknowledged", reason: `${by}: ${comment}` });
      return { ...known, acknowledgedAt: START, acknowledgedBy: by };
    },
  };
  return desk;
}
