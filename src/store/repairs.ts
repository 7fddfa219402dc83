/** Readings of journals that were to find what is missing. */
import type { RepairReader, RepairStore } from "../core/repair-ports.ts";
import type { RepairReason, RepairRun } from "../core/repair.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

interface RepairRow {
  readonly repair_id: string;
  readonly source: string;
  readonly reason: RepairReason;
  readonly state: RepairRun["state"];
  readonly from_ms: string;
  readonly until_ms: string;
  readonly started_ms: string;
  readonly ended_ms: string | null;
  readonly pages: string;
  readonly events: string;
  readonly fresh: string;
  readonly duplicate: string;
  readonly dead: string;
  readonly reached_ms: string | null;
  readonly fault: string;
  readonly changed_ms: string;
}

const SELECT = `
  SELECT repair_id, source, reason, state, toUnixTimestamp64Milli(gap_from) AS from_ms,
         toUnixTimestamp64Milli(gap_until) AS until_ms, toUnixTimestamp64Milli(started_at) AS started_ms,
         toUnixTimestamp64Milli(ended_at) AS ended_ms, pages, events, fresh, duplicate, dead,
         toUnixTimestamp64Milli(reached_at) AS reached_ms, fault, toUnixTimestamp64Milli(changed_at) AS changed_ms
  FROM repairs FINAL`;

const COLUMNS = [
  "repair_id",
  "source",
  "reason",
  "state",
  "gap_from",
  "gap_until",
  "started_at",
  "ended_at",
  "pages",
  "events",
  "fresh",
  "duplicate",
  "dead",
  "reached_at",
  "fault",
  "changed_at",
];

export function createRepairBook(client: StoreClient): RepairReader & Pick<RepairStore, "saveRepair"> {
  return {
    async repairRuns(since, limit) {
      const rows = await client.query<RepairRow>(
        `${SELECT} WHERE started_at >= {since:DateTime64(3, 'UTC')} ORDER BY started_at DESC, repair_id LIMIT {limit:UInt32}`,
        { since: new Date(Math.max(0, since)), limit },
      );
      return rows.map(runOf);
    },
    async findRepair(repairId) {
      const [row] = await client.query<RepairRow>(`${SELECT} WHERE repair_id = {repairId:String}`, {
        repairId,
      });
      return row === undefined ? undefined : runOf(row);
    },
    async saveRepair(run) {
      const { repairId, source, reason, state, pages, events, fresh, duplicate, dead } = run;
      await client.insert(
        "repairs",
        COLUMNS,
        `[${quote(repairId)},${quote(source)},"${reason}","${state}",${run.from},${run.until},${run.startedAt},` +
          `${run.endedAt},${pages},${events},${fresh},${duplicate},${dead},${run.reachedAt},${quote(run.fault)},` +
          `${run.changedAt}]`,
      );
    },
  };
}

function runOf(row: RepairRow): RepairRun {
  return {
    repairId: row.repair_id,
    source: row.source,
    reason: row.reason,
    state: row.state,
    from: Number(row.from_ms),
    until: Number(row.until_ms),
    startedAt: Number(row.started_ms),
    endedAt: row.ended_ms === null ? null : Number(row.ended_ms),
    pages: Number(row.pages),
    events: Number(row.events),
    fresh: Number(row.fresh),
    duplicate: Number(row.duplicate),
    dead: Number(row.dead),
    reachedAt: row.reached_ms === null ? null : Number(row.reached_ms),
    fault: row.fault,
    changedAt: Number(row.changed_ms),
  };
}
