/**
 * The fold in SQL: all lifecycles that began in a band of time, as sweeps and roll-ups ask for them.
 */
import { type Benchmark, check, scaleName } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import type { ServiceProcess } from "./service.ts";

const MINUTE_MS = 60_000;
const BANDS = [
  { title: "10 minutes", ms: 10 * MINUTE_MS },
  { title: "1 hour", ms: 60 * MINUTE_MS },
] as const;

const COUNTED = `
  SELECT state, count() AS requests, sum(expected) AS expected, sum(created + updated + failed + outstanding) AS accounted
  FROM lifecycles(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, now = {now:DateTime64(3, 'UTC')})
  GROUP BY state`;

interface StateRow {
  readonly state: string;
  readonly requests: string;
  readonly expected: string;
  readonly accounted: string;
}

export const viewBench: Benchmark = {
  name: "view",
  about: "the view lifecycles over a band of time, in the engine",
  async *run(context) {
    const [scale = 0] = context.scales;
    const { dataDir, plan } = await context.filledStore(scale);
    const service = await context.openService({ dataDir });
    try {
      for (const band of BANDS) {
        const runs = context.quick ? 3 : 60;
        const stepMs = (plan.untilMs - plan.sinceMs - 6 * 60 * MINUTE_MS - band.ms) / runs;
        const bands = Array.from({ length: runs }, (_, i) => plan.sinceMs + 60 * MINUTE_MS + i * stepMs);
        const perBand = (plan.requests * band.ms) / (plan.untilMs - plan.sinceMs);
        const samples: number[] = [];
        for (const [index, since] of bands.entries()) {
          const { rows, ms } = await readBand(service, since, since + band.ms);
          if (index < 3) checkBand(rows, perBand, band.title);
          samples.push(ms);
        }
        const title = `lifecycles of ${band.title} (${Math.round(perBand)}), ${scaleName(scale)} requests`;
        yield figureOf(title, "ms", samples);
      }
    } finally {
      await service.close();
    }
  },
};

function readBand(service: ServiceProcess, since: number, until: number) {
  return service.timedQuery<StateRow>(COUNTED, {
    since: timeText(since),
    until: timeText(until),
    now: timeText(Date.now()),
  });
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "");
}

function checkBand(rows: readonly StateRow[], perBand: number, title: string): void {
  const sum = (pick: (row: StateRow) => string): number =>
    rows.reduce((soFar, row) => soFar + Number(pick(row)), 0);
  const requests = sum((row) => row.requests);
  check(Math.abs(requests - perBand) <= 2, `${title}: ${requests} requests, not ${perBand}`);
  check(
    sum((row) => row.accounted) === sum((row) => row.expected),
    `${title}: records are not all accounted for`,
  );
  const succeeded = Number(rows.find((row) => row.state === "succeeded")?.requests);
  check(
    succeeded > 0.8 * requests && succeeded < requests,
    `${title}: ${succeeded} succeeded of ${requests}`,
  );
}
