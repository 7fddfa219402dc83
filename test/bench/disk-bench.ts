/**
 * Disk: what a fact takes over all tables, and in how many parts they lie.
 *
 * The bodies of raw events are not in a filled store; what they take is measured where they are, by ingest.
 */
import { check, type ScaleBenchmark } from "./benchmark.ts";
import { judged } from "./figure.ts";
import type { ServiceProcess } from "./service.ts";

export const DISK_AIM = { atMost: 150 };

export const diskBench: ScaleBenchmark = {
  name: "disk",
  about: "bytes a fact over all tables, and their parts",
  on: "service",
  async *run(_context, { name, facts, service }) {
    const tables = await tablesOf(service);
    const rows = tables.find((one) => one.table === "facts")?.rows ?? 0;
    check(rows >= facts, `${rows} rows of ${facts} facts`);
    const bytes = tables.reduce((sum, one) => sum + one.bytes, 0);
    yield judged(
      `disk, ${name}: all tables, no raw bodies`,
      "bytes/fact",
      bytes / rows,
      null,
      rows,
      DISK_AIM,
    );
    for (const { table, bytes: own, parts } of tables.filter((one) => one.bytes > bytes / 50)) {
      yield judged(`disk, ${name}: ${table}`, "bytes/fact", own / rows, null, rows);
      yield judged(`disk, ${name}: ${table}`, "parts", parts, null, 1);
    }
  },
};

export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly parts: number;
}

export async function tablesOf(service: Pick<ServiceProcess, "query">): Promise<TableSize[]> {
  const tables = await service.query<Record<"rows" | "bytes" | "parts", string> & { table: string }>(
    `SELECT table, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, count() AS parts FROM system.parts AS p
     WHERE active AND database = currentDatabase() GROUP BY table ORDER BY bytes DESC`,
  );
  return tables.map((one) => ({
    table: one.table,
    rows: Number(one.rows),
    bytes: Number(one.bytes),
    parts: Number(one.parts),
  }));
}
