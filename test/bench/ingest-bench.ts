/**
 * Ingest: a full journal, read over HTTP from its oldest event, until everything is durable; and, in turns with it, what it
 * is to be compared with: the engine loading the same rows from files, and the same journal read by hand into one table.
 *
 * From the first page that is asked for to the last row in the store; the cursor must then follow.
 */
import { type Benchmark, type BenchContext, check } from "./benchmark.ts";
import { openChild } from "./child.ts";
import { DISK_AIM, tablesOf } from "./disk-bench.ts";
import { figureOf, judged, quantile } from "./figure.ts";
import { processorSeconds } from "./processor-time.ts";
import type { ServiceProcess } from "./service.ts";
import { openSimulatorProcess, type SimulatorProcess } from "./simulator.ts";
import { epochMs, waitFor } from "./timing.ts";
import { measureEngine, type RowFiles, writeRowFiles } from "./yardstick.ts";

const RAW_EVENTS = ["off", "on"] as const;
type RawEvents = (typeof RAW_EVENTS)[number];

/** Aimed at where a results event holds ten requests. */
const AIMS = { off: { atLeast: 100_000 }, on: { atLeast: 60_000 } };
const BODIES_AIM = { atMost: 100 };
const GIBIBYTE = 2 ** 30;

interface Load {
  readonly results: number;
  readonly requestsPerEvent: number;
}

interface Ingested {
  readonly perSecond: number;
  readonly cursorLagMs: number;
  readonly processorMicros: number;
  readonly peakMB: number;
  readonly residentMB: readonly number[];
  readonly bytesPerFact: number;
}

export const ingestBench: Benchmark = {
  name: "ingest",
  about:
    "journal pages over HTTP into the store, durable; in turns with the engine alone, and with a program by hand",
  async *run(context) {
    for (const requestsPerEvent of [10, 1]) {
      yield* compare(context, { results: context.quick ? 10_000 : 300_000, requestsPerEvent });
    }
  },
};

async function* compare(context: BenchContext, load: Load) {
  const files = { off: rowFiles(context, load, false), on: rowFiles(context, load, true) };
  const ingested: Record<RawEvents, Ingested[]> = { off: [], on: [] };
  const engine: Record<RawEvents, number[]> = { off: [], on: [] };
  const byHand: number[] = [];
  for (let run = 0; run < (context.quick ? 1 : load.requestsPerEvent === 1 ? 2 : 3); run++) {
    const events = load.results / load.requestsPerEvent;
    const simulator = await openSimulatorProcess({
      preload: { events, requestsPerEvent: load.requestsPerEvent },
      journal: { maxEvents: events, maxBytes: 2 * GIBIBYTE, retryAfterSeconds: 1 },
    });
    try {
      for (const raw of RAW_EVENTS) {
        ingested[raw].push(await ingestOnce(context, simulator, load, raw));
        engine[raw].push(await measureEngine(context.newDirectory("yardstick"), files[raw]));
      }
      byHand.push(await readByHand(context, simulator, load.results));
    } finally {
      await simulator.close();
    }
  }
  const per = `${load.requestsPerEvent} a results event`;
  yield figureOf(`by hand, ${per}`, "results/s", byHand);
  for (const raw of RAW_EVENTS) {
    const title = `ingest, ${per}, raw bodies ${raw}`;
    const runs = ingested[raw];
    const rates = runs.map((one) => one.perSecond);
    const ratios = (others: readonly number[]) => rates.map((rate, run) => rate / (others[run] ?? NaN));
    yield figureOf(title, "results/s", rates, load.requestsPerEvent === 10 ? AIMS[raw] : undefined);
    yield figureOf(`engine alone, ${per}, raw bodies ${raw}`, "results/s", engine[raw]);
    yield figureOf(`${title}: of the engine alone`, "ratio", ratios(engine[raw]), { atLeast: 0.5 });
    if (raw === "off") {
      yield figureOf(`${title}: of by hand`, "ratio", ratios(byHand));
      const bytes = runs.map((one) => one.bytesPerFact);
      yield figureOf(`${title}: disk, all tables`, "bytes/fact", bytes, DISK_AIM);
    }
    yield* costs(title, runs);
  }
  const bodies = ingested.on.map((one, run) => one.bytesPerFact - (ingested.off[run]?.bytesPerFact ?? NaN));
  yield figureOf(`ingest, ${per}: disk of raw bodies`, "bytes/fact", bodies, BODIES_AIM);
}

function* costs(title: string, runs: readonly Ingested[]) {
  const resident = runs.flatMap((one) => one.residentMB);
  const peak = Math.max(...runs.map((one) => one.peakMB));
  yield judged(`${title}: memory`, "MB RSS", quantile(resident, 0.5), peak, runs.length);
  const micros = runs.map((one) => one.processorMicros);
  yield figureOf(`${title}: processor time of the service`, "µs/result", micros);
  const lags = runs.map((one) => one.cursorLagMs);
  yield figureOf(`${title}: cursor after last row`, "ms", lags);
}

function rowFiles(context: BenchContext, { results, requestsPerEvent }: Load, bodies: boolean): RowFiles {
  const events = results / requestsPerEvent;
  return writeRowFiles(context.newDirectory("rows"), { events, requestsPerEvent, bodies });
}

async function readByHand(
  context: BenchContext,
  simulator: SimulatorProcess,
  results: number,
): Promise<number> {
  const env = { ...simulator.serviceEnv, DATA_DIR: context.newDirectory("by-hand") };
  const child = await openChild("by-hand-process.js", { env });
  try {
    const ms = await child.ask<number>("ingest", results);
    const stored = await child.ask<number>("count");
    check(stored === results, `${stored} results of ${results} by hand`);
    return results / (ms / 1_000);
  } finally {
    await child.close();
  }
}

async function ingestOnce(
  context: BenchContext,
  simulator: SimulatorProcess,
  { results, requestsPerEvent }: Load,
  rawEvents: RawEvents,
): Promise<Ingested> {
  const events = results / requestsPerEvent;
  await simulator.forgetReads();
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
    const bytes = await bytesPerFact(service, results);
    return { perSecond, cursorLagMs, processorMicros, peakMB, residentMB, bytesPerFact: bytes };
  } finally {
    await service.close();
  }
}

/** Of parts as merged as they will be. */
async function bytesPerFact(service: ServiceProcess, results: number): Promise<number> {
  for (const { table } of await tablesOf(service)) await service.command(`OPTIMIZE TABLE ${table} FINAL`);
  return (await tablesOf(service)).reduce((sum, one) => sum + one.bytes, 0) / results;
}

async function checkStored(
  service: ServiceProcess,
  results: number,
  events: number,
  rawEvents: RawEvents,
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
