/**
 * Members of alerts: the requests behind them, one row for each rule and request, of which the newest counts.
 *
 * A request may move from one alert to another: only its newest row says to which it belongs.
 */
import type { AlertMember, AlertStore } from "../core/alert-ports.ts";
import type { StoreClient } from "./client.ts";
import { countColumns, quote } from "./row-text.ts";

const COLUMNS = [
  "request_id",
  "rule",
  "alert_id",
  "status",
  "evidence",
  "reason",
  "outstanding",
  "failed_codes",
  "failed_counts",
  "changed_at",
  "revision",
];

/** Ids that an alert names of its requests. */
const SAMPLE = 10;

interface MemberRow {
  readonly request_id: string;
  readonly rule: AlertMember["rule"];
  readonly alert_id: string;
  readonly status: AlertMember["status"];
  readonly evidence: AlertMember["evidence"];
  readonly reason: string;
  readonly outstanding: string;
  readonly failed_codes: readonly string[];
  readonly failed_counts: readonly string[];
  readonly changed_ms: string;
}

function memberOf(row: MemberRow): AlertMember {
  return {
    rule: row.rule,
    requestId: row.request_id,
    alertId: row.alert_id,
    status: row.status,
    evidence: row.evidence,
    reason: row.reason,
    outstanding: Number(row.outstanding),
    failed: countsOf(row.failed_codes, row.failed_counts),
    changedAt: Number(row.changed_ms),
  };
}

/** The counts of two columns, codes beside their counts. */
export function countsOf(codes: readonly string[], counts: readonly string[]): Record<string, number> {
  return Object.fromEntries(codes.map((code, index) => [code, Number(counts[index] ?? 0)]));
}

export function createAlertMembers(
  client: StoreClient,
  nextRevision: () => number,
): Pick<AlertStore, "saveMembers" | "firingMembers" | "sumMembers"> {
  return {
    async saveMembers(members) {
      const rows = members.map(
        (one) =>
          `[${quote(one.requestId)},"${one.rule}",${quote(one.alertId)},"${one.status}","${one.evidence}",` +
          `${quote(one.reason)},${one.outstanding},${countColumns(one.failed)},${one.changedAt},${nextRevision()}]`,
      );
      await client.insert("alert_members", COLUMNS, rows.join("\n"));
    },
    async firingMembers(requestIds) {
      if (requestIds.length === 0) return [];
      const rows = await client.query<MemberRow>(
        `SELECT request_id, rule, alert_id, status, evidence, reason, outstanding, failed_codes, failed_counts,
                toUnixTimestamp64Milli(changed_at) AS changed_ms
         FROM (
           SELECT * FROM alert_members
           WHERE request_id IN {ids:Array(String)}
           ORDER BY request_id, rule, revision DESC
           LIMIT 1 BY request_id, rule
         )
         WHERE status = 'firing'`,
        { ids: requestIds },
      );
      return rows.map(memberOf);
    },
    async sumMembers(alertId) {
      const [row] = await client.query<{
        members: string;
        sample: string[];
        outstanding: string;
        failed: [string[], string[]];
      }>(SUM, { alertId, sample: SAMPLE });
      return {
        count: Number(row?.members ?? 0),
        sample: row?.sample ?? [],
        outstanding: Number(row?.outstanding ?? 0),
        failed: countsOf(row?.failed[0] ?? [], row?.failed[1] ?? []),
      };
    },
  };
}

const SUM = `
  SELECT
    count() AS members,
    arraySlice(arrayMap(pair -> pair.2, arraySort(groupArray((changed_at, request_id)))), 1, {sample:UInt8}) AS sample,
    sum(outstanding) AS outstanding,
    sumMap(failed_codes, failed_counts) AS failed
  FROM (
    SELECT request_id, rule, alert_id, status, outstanding, failed_codes, failed_counts, changed_at
    FROM alert_members
    WHERE request_id IN (SELECT request_id FROM alert_requests WHERE alert_id = {alertId:String})
    ORDER BY request_id, rule, revision DESC
    LIMIT 1 BY request_id, rule
  )
  WHERE alert_id = {alertId:String} AND status = 'firing'`;
