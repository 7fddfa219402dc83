/**
 * Completeness: what has arrived of one hour, summed beside what the stream states of it; asked once for each hour, and again
 * while something is missing.
 */
import { SUMS_OF_WINDOWS } from "../../src/store/completeness.ts";
import { type Benchmark, check, scaleName } from "./benchmark.ts";
import { figureOf } from "./figure.ts";

const HOUR_MS = 3_600_000;
const INSTANCE_OF_ALL = "SELECT DISTINCT instance FROM facts_by_time WHERE kind = 'result'";

export const completenessBench: Benchmark = {
  name: "completeness",
  about: "an hour of results summed by object type and priority, in the engine",
  async *run(context) {
    for (const scale of context.scales) {
      const { dataDir, plan } = await context.filledStore(scale);
      const service = await context.openService({ dataDir });
      try {
        const samples: number[] = [];
        for (let run = 0; run < (context.quick ? 2 : 10); run++) {
          const since = Math.floor((plan.sinceMs + (run + 2) * HOUR_MS) / HOUR_MS) * HOUR_MS;
          const [begin, end] = [since, since + HOUR_MS].map((at) => `fromUnixTimestamp64Milli(${at}, 'UTC')`);
          await service.command(
            `INSERT INTO stream_metrics (event_id, instance, window_start, window_end)
             SELECT 'bench-${run}', instance, ${begin}, ${end} FROM (${INSTANCE_OF_ALL})`,
          );
          const { rows, ms } = await service.timedQuery<{ seen: string }>(SUMS_OF_WINDOWS, {
            since: textOf(since),
            until: textOf(since + HOUR_MS),
            earliest: textOf(since - 26 * HOUR_MS),
            edge: 11_000,
          });
          const [all] = await service.query<{ records: string }>(
            `SELECT sum(created + updated + arraySum(failed_counts)) AS records FROM facts_by_time FINAL
             WHERE kind = 'result' AND at >= ${begin} AND at < ${end}`,
          );
          const seen = rows.reduce((sum, row) => sum + Number(row.seen), 0);
          check(seen > 0 && seen === Number(all?.records), `${seen} records of ${all?.records}`);
          samples.push(ms);
        }
        yield figureOf(`completeness of an hour, ${scaleName(scale)} requests in the store`, "ms", samples);
      } finally {
        await service.close();
      }
    }
  },
};

function textOf(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "");
}
