/** Alerts and their history: of an alert the row with the highest revision counts. */
import type { Alert, AlertEvent, AlertMissingPersons, AlertStatus } from "../core/alert.ts";
import type { AlertStore } from "../core/alert-ports.ts";
import { countsOf } from "../core/record-counts.ts";
import type { StoreClient } from "./client.ts";
import { countColumns, quote } from "./row-text.ts";

const COLUMNS = [
  "alert_id",
  "rule",
  "instance",
  "object_name",
  "source",
  "status",
  "severity",
  "evidence",
  "reason",
  "starts_at",
  "ends_at",
  "changed_at",
  "requests",
  "sample",
  "outstanding",
  "failed_codes",
  "failed_counts",
  "acknowledged_at",
  "acknowledged_by",
  "notified_at",
  "notified_count",
  "notified_status",
  "missing_persons",
  "revision",
];

function encodeAlert(alert: Alert, revision: number): string {
  const { group, requests } = alert;
  return (
    `[${quote(alert.alertId)},"${alert.rule}",${quote(group.instance)},${quote(group.objectName)},` +
    `${quote(group.source)},"${alert.status}","${alert.severity}","${alert.evidence}",${quote(alert.reason)},` +
    `${alert.startsAt},${alert.endsAt},${alert.changedAt},${requests.count},` +
    `[${requests.sample.map(quote).join(",")}],${requests.outstanding},${countColumns(requests.failed)},` +
    `${alert.acknowledgedAt},${quote(alert.acknowledgedBy)},${alert.notifiedAt},${alert.notifiedCount},` +
    `"${alert.notifiedStatus}",${quote(alert.missingPersons === null ? "" : JSON.stringify(alert.missingPersons))},${revision}]`
  );
}

interface AlertRow {
  readonly alert_id: string;
  readonly rule: Alert["rule"];
  readonly instance: string;
  readonly object_name: string;
  readonly source: string;
  readonly status: AlertStatus;
  readonly severity: Alert["severity"];
  readonly evidence: Alert["evidence"];
  readonly reason: string;
  readonly starts_ms: string;
  readonly ends_ms: string | null;
  readonly changed_ms: string;
  readonly requests: string;
  readonly sample: readonly string[];
  readonly outstanding: string;
  readonly failed_codes: readonly string[];
  readonly failed_counts: readonly string[];
  readonly acknowledged_ms: string | null;
  readonly acknowledged_by: string;
  readonly notified_ms: string | null;
  readonly notified_count: string;
  readonly notified_status: Alert["notifiedStatus"];
  readonly missing_persons: string;
}

const SELECT = `
  SELECT alert_id, rule, instance, object_name, source, status, severity, evidence, reason,
         toUnixTimestamp64Milli(starts_at) AS starts_ms, toUnixTimestamp64Milli(ends_at) AS ends_ms,
         toUnixTimestamp64Milli(changed_at) AS changed_ms, requests, sample, outstanding, failed_codes, failed_counts,
         toUnixTimestamp64Milli(acknowledged_at) AS acknowledged_ms, acknowledged_by,
         toUnixTimestamp64Milli(notified_at) AS notified_ms, notified_count, notified_status,
         missing_persons
  FROM alerts FINAL`;

function alertOf(row: AlertRow): Alert {
  return {
    alertId: row.alert_id,
    rule: row.rule,
    group: { instance: row.instance, objectName: row.object_name, source: row.source },
    status: row.status,
    severity: row.severity,
    evidence: row.evidence,
    reason: row.reason,
    startsAt: Number(row.starts_ms),
    endsAt: row.ends_ms === null ? null : Number(row.ends_ms),
    changedAt: Number(row.changed_ms),
    requests: {
      count: Number(row.requests),
      sample: row.sample,
      outstanding: Number(row.outstanding),
      failed: countsOf(row.failed_codes, row.failed_counts),
    },
    acknowledgedAt: row.acknowledged_ms === null ? null : Number(row.acknowledged_ms),
    acknowledgedBy: row.acknowledged_by,
    notifiedAt: row.notified_ms === null ? null : Number(row.notified_ms),
    notifiedCount: Number(row.notified_count),
    notifiedStatus: row.notified_status,
    missingPersons:
      row.missing_persons === "" ? null : (JSON.parse(row.missing_persons) as AlertMissingPersons),
  };
}

const FILTERS = { status: "status", rule: "rule", instance: "instance", objectName: "object_name" } as const;

export function createAlertRows(
  client: StoreClient,
  nextRevision: () => number,
): Pick<AlertStore, "saveAlerts" | "openAlerts" | "listAlerts" | "findAlert" | "alertHistory"> {
  return {
    async saveAlerts(alerts, events) {
      const rows = alerts.map((alert) => encodeAlert(alert, nextRevision()));
      await client.insert("alerts", COLUMNS, rows.join("\n"));
      await client.insert(
        "alert_events",
        ["alert_id", "at", "what", "reason"],
        events
          .map((event) => `[${quote(event.alertId)},${event.at},"${event.what}",${quote(event.reason)}]`)
          .join("\n"),
      );
    },
    /** Those that fire, and those whose end the hooks have not been told of. */
    async openAlerts() {
      const rows = await client.query<AlertRow>(
        `${SELECT} WHERE status = 'firing' OR notified_status = 'firing' ORDER BY starts_at, alert_id`,
      );
      return rows.map(alertOf);
    },
    /** Newest first; `after` is the id of the last alert of the page before. */
    async listAlerts(filter, limit, after) {
      const conditions: string[] = [];
      const params: Record<string, unknown> = { limit };
      for (const [name, column] of Object.entries(FILTERS)) {
        const wanted = filter[name as keyof typeof FILTERS];
        if (wanted === undefined) continue;
        conditions.push(`${column} = {${name}:String}`);
        params[name] = wanted;
      }
      if (after !== undefined) {
        // a beginning never changes, so any row of the alert will do
        conditions.push(
          "(starts_at, alert_id) < (SELECT (any(starts_at), any(alert_id)) FROM alerts WHERE alert_id = {after:String})",
        );
        params["after"] = after;
      }
      const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
      const rows = await client.query<AlertRow>(
        `${SELECT} ${where} ORDER BY starts_at DESC, alert_id DESC LIMIT {limit:UInt32}`,
        params,
      );
      return rows.map(alertOf);
    },
    async findAlert(alertId) {
      const [row] = await client.query<AlertRow>(`${SELECT} WHERE alert_id = {alertId:String}`, { alertId });
      return row === undefined ? undefined : alertOf(row);
    },
    /** The newest lines, in the order of time. */
    async alertHistory(alertId, limit) {
      const rows = await client.query<{ at_ms: string; what: AlertEvent["what"]; reason: string }>(
        `SELECT toUnixTimestamp64Milli(at) AS at_ms, what, reason
         FROM alert_events FINAL WHERE alert_id = {alertId:String}
         ORDER BY at DESC, what DESC, reason DESC LIMIT {limit:UInt32}`,
        { alertId, limit },
      );
      return rows
        .toReversed()
        .map(({ at_ms, what, reason }) => ({ alertId, at: Number(at_ms), what, reason }));
    },
  };
}
