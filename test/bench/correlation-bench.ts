/**
 * Correlations: the roll-up of a thousand requests.
 */
import { type Benchmark, check, scaleName } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { REQUESTS_PER_CORRELATION } from "./filled-requests.ts";
import { openCalls } from "./http-calls.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { timeEach } from "./timing.ts";

interface Rollup {
  readonly correlationId: string;
  readonly requests: { readonly total: number };
  readonly records: { readonly expected: number; readonly created: number; readonly updated: number };
}

export const correlationBench: Benchmark = {
  name: "correlation",
  about: `the roll-up of ${REQUESTS_PER_CORRELATION} requests over HTTP`,
  async *run(context) {
    for (const scale of context.scales) {
      const store = await context.filledStore(scale);
      const service = await context.openService({ dataDir: store.dataDir });
      const calls = openCalls(service.url);
      const random = createRandom("correlations");
      const jobs = Math.floor((scale * 0.99) / REQUESTS_PER_CORRELATION);
      const ids = Array.from({ length: context.quick ? 10 : 150 }, () => `job/${random.integer(jobs)}`);
      try {
        for (const id of ids.slice(0, 5)) checkRollup(await calls.getJson(pathOf(id)), id);
        const samples = await timeEach(ids, async (id) => void (await calls.get(pathOf(id))));
        const title = `roll-up of ${REQUESTS_PER_CORRELATION} requests, ${scaleName(scale)} requests`;
        yield figureOf(title, "ms", samples, { p99AtMost: 40 });
      } finally {
        await calls.close();
        await service.close();
      }
    }
  },
};

function pathOf(correlationId: string): string {
  return `/v1/correlations/${encodeURIComponent(correlationId)}`;
}

function checkRollup(rollup: Rollup, id: string): void {
  check(rollup.correlationId === id, `${rollup.correlationId} is not ${id}`);
  check(rollup.requests.total === REQUESTS_PER_CORRELATION, `${id}: ${rollup.requests.total} requests`);
  const done = rollup.records.created + rollup.records.updated;
  // 1 in 100 failed in part, with 3 of its 100 records: those of `failed_in_part` that were not retried
  const expected = REQUESTS_PER_CORRELATION * 100 - (REQUESTS_PER_CORRELATION / 50) * 3;
  check(Math.abs(done - expected) <= 200, `${id}: ${done} records, not about ${expected}`);
}
