/**
 * The fold in SQL: all lifecycles that began in a band of time, as sweeps and roll-ups ask for them.
 */
import { check, type ScaleBenchmark } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { FOR_VIEWS, requestsWithin } from "./filled-requests.ts";
import type { ServiceProcess } from "./service.ts";
import { timeEach } from "./timing.ts";

const MINUTE_MS = 60_000;
const BANDS = [
  { title: "10 minutes", ms: 10 * MINUTE_MS, runs: 40 },
  { title: "1 hour", ms: 60 * MINUTE_MS, runs: 12 },
] as const;
const BUDGET_MS = 8_000;

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

export const viewBench: ScaleBenchmark = {
  name: "view",
  about: "the view lifecycles over a band of time, in the engine",
  on: "service",
  async *run({ quick }, { name, plan, service }) {
    for (const { title, ms, runs } of BANDS) {
      const count = quick ? 3 : runs;
      const begin = plan.sinceMs + FOR_VIEWS.sinceMs;
      const stepMs = (FOR_VIEWS.untilMs - FOR_VIEWS.sinceMs - ms) / count;
      const perBand = requestsWithin(plan, ms);
      const bands = Array.from({ length: count }, (_, i) => begin + i * stepMs);
      for (const since of bands.slice(0, 3)) {
        checkBand(await readBand(service, since, since + ms), perBand, plan.layers.length, title);
      }
      const samples = await timeEach(
        bands,
        async (since) => void (await readBand(service, since, since + ms)),
        BUDGET_MS,
      );
      yield figureOf(`lifecycles of ${title} (${Math.round(perBand)}), ${name}`, "ms", samples);
    }
  },
};

function readBand(service: ServiceProcess, since: number, until: number): Promise<StateRow[]> {
  return service.query<StateRow>(COUNTED, {
    since: timeText(since),
    until: timeText(until),
    now: timeText(Date.now()),
  });
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "");
}

/** Each layer may have one more or less at each end. */
function checkBand(rows: readonly StateRow[], perBand: number, layers: number, title: string): void {
  const sum = (pick: (row: StateRow) => string): number =>
    rows.reduce((soFar, row) => soFar + Number(pick(row)), 0);
  const requests = sum((row) => row.requests);
  check(Math.abs(requests - perBand) <= 2 * layers, `${title}: ${requests} requests, not ${perBand}`);
  check(
    sum((row) => row.accounted) === sum((row) => row.expected),
    `${title}: records are not all accounted for`,
  );
  const succeeded = Number(rows.find((row) => row.state === "succeeded")?.requests);
  check(
    succeeded > 0.8 * requests && succeeded <= requests,
    `${title}: ${succeeded} of ${requests} succeeded`,
  );
}
