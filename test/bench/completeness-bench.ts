/**
 * Completeness: what has arrived of one hour, summed beside what the stream states of it; asked once for each hour, and again
 * while something is missing.
 */
import { SUMS_OF_WINDOWS } from "../../src/store/completeness.ts";
import { check, type ScaleBenchmark } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { FOR_VIEWS } from "./filled-requests.ts";

const HOUR_MS = 3_600_000;
const INSTANCES = "SELECT concat('10', toString(number), '-ABC-456') AS instance FROM numbers(3)";

export const completenessBench: ScaleBenchmark = {
  name: "completeness",
  about: "an hour of results summed by object type and priority, in the engine",
  on: "service",
  async *run({ quick }, { name, plan, service }) {
    const samples: number[] = [];
    for (let run = 0; run < (quick ? 2 : 10); run++) {
      const first = Math.ceil((plan.sinceMs + FOR_VIEWS.sinceMs) / HOUR_MS) * HOUR_MS;
      const since = first + run * HOUR_MS;
      const [begin, end] = [since, since + HOUR_MS].map((at) => `fromUnixTimestamp64Milli(${at}, 'UTC')`);
      await service.command(
        `INSERT INTO stream_metrics (event_id, instance, window_start, window_end)
         SELECT 'bench-${run}', instance, ${begin}, ${end} FROM (${INSTANCES})`,
      );
      const { rows, ms } = await service.timedQuery<{ seen: string }>(SUMS_OF_WINDOWS, {
        since: textOf(since),
        until: textOf(since + HOUR_MS),
        earliest: textOf(since - 26 * HOUR_MS),
        edge: 11_000,
      });
      if (run < 2) {
        const [all] = await service.query<{ records: string }>(
          `SELECT sum(created + updated + arraySum(failed_counts)) AS records FROM facts_by_time FINAL
           WHERE kind = 'result' AND at >= ${begin} AND at < ${end}
             AND minute >= ${begin} - INTERVAL 10 MINUTE AND minute < ${end}`,
        );
        const seen = rows.reduce((sum, row) => sum + Number(row.seen), 0);
        check(seen > 0 && seen === Number(all?.records), `${seen} records of ${all?.records}`);
      }
      samples.push(ms);
    }
    yield figureOf(`completeness of an hour, ${name}`, "ms", samples);
  },
};

function textOf(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "");
}
