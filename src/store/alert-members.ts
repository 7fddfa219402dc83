/**
 * Members of alerts: the requests behind them, one row for each rule and request, of which the newest counts.
 *
 * A request may move from one alert to another (its object name became known): under the one that it leaves it is then
 * saved as resolved, in the same insert, so that each alert adds up by its own rows.
 */
import type { AlertMember, AlertStore } from "../core/alert-ports.ts";
import { countsOf } from "../core/record-counts.ts";
import { idChunks } from "./alert-id-chunks.ts";
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

export function createAlertMembers(
  client: StoreClient,
  nextRevision: () => number,
): Pick<AlertStore, "saveMembers" | "firingMembers" | "membersOf" | "sumMembers"> {
  return {
    async saveMembers(members, before) {
      const known =
        before ?? (await firingMembers(client, [...new Set(members.map((one) => one.requestId))]));
      const rows = [...departures(known, members), ...members].map(
        (one) =>
          `[${quote(one.requestId)},"${one.rule}",${quote(one.alertId)},"${one.status}","${one.evidence}",` +
          `${quote(one.reason)},${one.outstanding},${countColumns(one.failed)},${one.changedAt},${nextRevision()}]`,
      );
      await client.insert("alert_members", COLUMNS, rows.join("\n"));
    },
    firingMembers: (requestIds) => firingMembers(client, requestIds),
    async membersOf(alertId, limit) {
      const rows = await client.query<{ request_id: string }>(OF_ALERT, { alertId, limit });
      return rows.map((row) => row.request_id);
    },
    async sumMembers(alertId) {
      const [row] = await client.query<{
        members: string;
        sample: string[];
        outstanding: string;
        failed: [string[], string[]];
      }>(SUM, { alertId });
      return {
        count: Number(row?.members ?? 0),
        sample: row?.sample ?? [],
        outstanding: Number(row?.outstanding ?? 0),
        failed: countsOf(row?.failed[0] ?? [], row?.failed[1] ?? []),
      };
    },
  };
}

/** The rows by which members leave the alerts that they belonged to. */
function departures(before: readonly AlertMember[], members: readonly AlertMember[]): AlertMember[] {
  const alerts = new Map(members.map((one) => [`${one.rule} ${one.requestId}`, one.alertId]));
  return before
    .filter((one) => (alerts.get(`${one.rule} ${one.requestId}`) ?? one.alertId) !== one.alertId)
    .map((one) => ({ ...one, status: "resolved" }));
}

export async function firingMembers(
  client: StoreClient,
  requestIds: readonly string[],
): Promise<AlertMember[]> {
  const members: AlertMember[] = [];
  for (const ids of idChunks(requestIds)) {
    members.push(...(await client.query<MemberRow>(FIRING, { ids })).map(memberOf));
  }
  return members;
}

const FIRING = `
  SELECT request_id, rule, alert_id, status, evidence, reason, outstanding, failed_codes, failed_counts,
         toUnixTimestamp64Milli(changed_at) AS changed_ms
  FROM (
    SELECT * FROM alert_members
    WHERE request_id IN {ids:Array(String)}
    ORDER BY request_id, rule, revision DESC
    LIMIT 1 BY request_id, rule
  )
  WHERE status = 'firing'`;

/** The newest row of each member of an alert, of those that fire. */
const FIRING_OF_ALERT = `
  FROM (
    SELECT * FROM alert_sums
    WHERE alert_id = {alertId:String}
    ORDER BY rule, request_id, revision DESC
    LIMIT 1 BY rule, request_id
  )
  WHERE status = 'firing'`;

const OF_ALERT = `
  SELECT request_id ${FIRING_OF_ALERT}
  ORDER BY changed_at DESC, request_id
  LIMIT {limit:UInt32}`;

const SUM = `
  SELECT
    count() AS members,
    arrayMap(pair -> pair.2, groupArraySorted(${SAMPLE})((changed_at, request_id))) AS sample,
    sum(outstanding) AS outstanding,
    sumMap(failed_codes, failed_counts) AS failed
  ${FIRING_OF_ALERT}`;
