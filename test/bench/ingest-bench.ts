/**
 * Ingest: a full journal, read over HTTP from its oldest event, until everything is durable.
 *
 * From the first page that is asked for to the last row in the store; the cursor must then follow.
 */
import { type Benchmark, type BenchContext, check } from "./benchmark.ts";
import { figureOf, judged, quantile } from "./figure.ts";
import { processorSeconds } from "./processor-time.ts";
import { openSimulatorProcess } from "./simulator.ts";
import { epochMs, waitFor } from "./timing.ts";

interface Variant {
  readonly requestsPerEvent: number;
  readonly rawEvents: "on" | "off";
}

const VARIANTS: readonly Variant[] = [
  { requestsPerEvent: 10, rawEvents: "on" },
  { requestsPerEvent: 10, rawEvents: "off" },
  { requestsPerEvent: 1, rawEvents: "on" },
  { requestsPerEvent: 1, rawEvents: "off" },
];
const GIBIBYTE = 2 ** 30;

export const ingestBench: Benchmark = {
  name: "ingest",
  about: "journal pages over HTTP into the store, durable",
  async *run(context) {
    const results = context.quick ? 10_000 : 300_000;
    const runs = context.quick ? 1 : 3;
    for (const variant of VARIANTS) {
      const rates: number[] = [];
      const cursorLags: number[] = [];
      const processor: number[] = [];
      const peaks: number[] = [];
      const resident: number[] = [];
      for (let run = 0; run < runs; run++) {
        const one = await ingestOnce(context, results, variant);
        rates.push(one.perSecond);
        cursorLags.push(one.cursorLagMs);
        processor.push(one.processorMicros);
        peaks.push(one.peakMB);
        resident.push(...one.residentMB);
      }
      const title = `ingest, ${variant.requestsPerEvent} a results event, raw bodies ${variant.rawEvents}`;
      yield figureOf(title, "results/s", rates, { atLeast: 30_000 });
      yield judged(`${title}: memory`, "MB RSS", quantile(resident, 0.5), Math.max(...peaks), runs, {
        p99AtMost: 700,
      });
      yield figureOf(`${title}: processor time of the service`, "µs/result", processor);
      yield figureOf(`${title}: cursor after last row`, "ms", cursorLags);
    }
  },
};

async function ingestOnce(context: BenchContext, results: number, { requestsPerEvent, rawEvents }: Variant) {
  const events = results / requestsPerEvent;
  const simulator = await openSimulatorProcess({
    preload: { events, requestsPerEvent },
    journal: { maxEvents: events, maxBytes: 2 * GIBIBYTE, retryAfterSeconds: 1 },
  });
  const service = await context.openService({
    dataDir: context.newDirectory("ingest"),
    env: { ...simulator.serviceEnv, RAW_EVENTS: rawEvents },
  });
  try {
    const processorBefore = processorSeconds(service.pid);
    await waitFor("all rows in the store", async () => {
      const [row] = await service.query<{ n: string }>("SELECT count() AS n FROM facts");
      return Number(row?.n) >= results;
    });
    const storedAt = epochMs();
    const processorMicros = ((processorSeconds(service.pid) - processorBefore) * 1e6) / results;
    const residentMB = service.memory.takeSamples();
    const { firstReadAt } = await simulator.reads();
    check(firstReadAt !== null, "nobody read the journal");
    const end = encodeURIComponent(`.${events.toString(36)}`); // the simulator counts its positions from 1, in base 36
    await waitFor(
      "the last cursor",
      async () => (await service.cursor("journal"))?.next.endsWith(end) === true,
    );
    const cursorLagMs = epochMs() - storedAt;
    const peakMB = service.memory.peakMB(); // before the questions below, which weigh more than what is measured
    await checkStored(service, results, events, rawEvents);
    const perSecond = results / ((storedAt - firstReadAt) / 1_000);
    return { perSecond, cursorLagMs, processorMicros, peakMB, residentMB };
  } finally {
    await service.close();
    await simulator.close();
  }
}

async function checkStored(
  service: { query<Row>(sql: string): Promise<Row[]> },
  results: number,
  events: number,
  rawEvents: Variant["rawEvents"],
): Promise<void> {
  const [facts] = await service.query<Record<string, string>>(
    "SELECT uniqExact(request_id, fact_id) AS n, uniqExact(request_id) AS requests, sum(created + updated) AS done FROM facts_by_time",
  );
  check(Number(facts?.["n"]) === results, `${facts?.["n"]} distinct facts of ${results}`);
  check(Number(facts?.["requests"]) === results, `${facts?.["requests"]} requests of ${results}`);
  check(Number(facts?.["done"]) === results * 100, `${facts?.["done"]} records of ${results * 100}`);
  for (const table of ["facts", "requests_by_correlation"]) {
    const [row] = await service.query<{ n: string }>(`SELECT uniqExact(request_id) AS n FROM ${table}`);
    check(Number(row?.n) === results, `${row?.n} requests of ${results} in ${table}`);
  }
  const [raw] = await service.query<{ n: string; bodies: string }>(
    "SELECT uniqExact(event_id) AS n, countIf(body != '') AS bodies FROM events",
  );
  check(Number(raw?.n) === events, `${raw?.n} raw events of ${events}`);
  check(Number(raw?.bodies) > 0 === (rawEvents === "on"), "raw bodies are stored, or not, as told");
}
