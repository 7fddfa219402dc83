/**
 * Correlations: the roll-up of a thousand requests.
 */
import { check, type ScaleBenchmark } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { correlationOf, REQUESTS_PER_CORRELATION } from "./filled-requests.ts";
import { plainNumbers } from "./pick-numbers.ts";
import { timeEach } from "./timing.ts";

interface Rollup {
  readonly correlationId: string;
  readonly requests: { readonly total: number };
  readonly records: { readonly expected: number; readonly created: number; readonly updated: number };
}

export const correlationBench: ScaleBenchmark = {
  name: "correlation",
  about: `the roll-up of ${REQUESTS_PER_CORRELATION} requests over HTTP`,
  on: "service",
  async *run({ quick }, { name, plan, calls }) {
    const ids = plainNumbers(plan, quick ? 10 : 150, "correlations").map(correlationOf);
    for (const id of ids.slice(0, 5)) checkRollup(await calls.getJson(pathOf(id)), id);
    const samples = await timeEach(ids, async (id) => void (await calls.get(pathOf(id))));
    const title = `roll-up of ${REQUESTS_PER_CORRELATION} requests, ${name}`;
    yield figureOf(title, "ms", samples, { p99AtMost: 40 });
  },
};

function pathOf(correlationId: string): string {
  return `/v1/correlations/${encodeURIComponent(correlationId)}`;
}

function checkRollup(rollup: Rollup, id: string): void {
  check(rollup.correlationId === id, `${rollup.correlationId} is not ${id}`);
  check(rollup.requests.total === REQUESTS_PER_CORRELATION, `${id}: ${rollup.requests.total} requests`);
  const done = rollup.records.created + rollup.records.updated;
  // 1 in 50 failed in part, with 3 of its 100 records; one may have been rejected, one without response
  const expected = REQUESTS_PER_CORRELATION * 100 - (REQUESTS_PER_CORRELATION / 50) * 3;
  check(Math.abs(done - expected) <= 200, `${id}: ${done} records, not about ${expected}`);
}
