/**
 * Scale-out: one, two and four processes that ingest into one ClickHouse over HTTP, four journals among them; and two that
 * both read all of it.
 *
 * On one machine they share its cores, so that the rate says little. What a result costs each side in processor time does:
 * from it follows what more machines carry.
 */
import { writeFileSync } from "node:fs";
import { type Benchmark, type BenchContext, check } from "./benchmark.ts";
import { judged } from "./figure.ts";
import { processorSeconds } from "./processor-time.ts";
import type { ServiceProcess } from "./service.ts";
import { openSimulatorProcess, type SimulatorProcess } from "./simulator.ts";
import { openStoreServer, type StoreServer } from "./store-server.ts";
import { epochMs, waitFor } from "./timing.ts";

const JOURNALS = 4;
const REQUESTS_PER_EVENT = 10;
const GIBIBYTE = 2 ** 30;

interface Variant {
  readonly title: string;
  /** Journals of each process, by number. */
  readonly read: readonly (readonly number[])[];
}

const VARIANTS: readonly Variant[] = [
  { title: "1 process, 4 journals", read: [[0, 1, 2, 3]] },
  {
    title: "2 processes, 2 journals each",
    read: [
      [0, 1],
      [2, 3],
    ],
  },
  { title: "4 processes, a journal each", read: [[0], [1], [2], [3]] },
  {
    title: "2 processes, both read all 4",
    read: [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ],
  },
];

export const scaleOutBench: Benchmark = {
  name: "scale-out",
  about: "several ingesting processes on one ClickHouse over HTTP: nothing twice, and what each side costs",
  async *run(context) {
    const results = context.quick ? 8_000 : 400_000;
    const simulators = await Promise.all(
      Array.from({ length: JOURNALS }, (_, n) => openJournal(results / JOURNALS / REQUESTS_PER_EVENT, n)),
    );
    try {
      for (const variant of VARIANTS) {
        const one = await ingest(context, simulators, variant, results);
        const title = `scale-out, ${variant.title}`;
        yield judged(title, "results/s", one.perSecond, null, 1);
        yield judged(`${title}: processor time of the services`, "µs/result", one.serviceMicros, null, 1);
        yield judged(`${title}: processor time of the store`, "µs/result", one.storeMicros, null, 1);
      }
    } finally {
      for (const one of simulators) await one.close();
    }
  },
};

function openJournal(events: number, seed: number): Promise<SimulatorProcess> {
  return openSimulatorProcess({
    seed: seed + 1,
    preload: { events, requestsPerEvent: REQUESTS_PER_EVENT },
    journal: { maxEvents: events, maxBytes: 2 * GIBIBYTE, retryAfterSeconds: 1 },
  });
}

async function ingest(
  context: BenchContext,
  simulators: readonly SimulatorProcess[],
  { read }: Variant,
  results: number,
) {
  const server = await openStoreServer(context.newDirectory("server"));
  const open = (simulatorsOfOne: readonly SimulatorProcess[], name: string) =>
    openIngest(context, server, simulatorsOfOne, name);
  const services: ServiceProcess[] = [];
  try {
    await (await open([], "migrate")).close();
    for (const one of simulators) await one.forgetReads();
    const storeBefore = processorSeconds(server.pid);
    services.push(
      ...(await Promise.all(
        read.map((numbers, process) =>
          open(
            numbers.flatMap((n) => simulators[n] ?? []),
            `process-${process}`,
          ),
        ),
      )),
    );
    const servicesBefore = sumOf(services.map(({ pid }) => processorSeconds(pid)));
    const [first] = services;
    check(first !== undefined, "somebody ingests");
    await waitFor(
      "all rows in the store",
      async () => {
        const [row] = await first.query<{ n: string }>("SELECT count() AS n FROM facts");
        return Number(row?.n) >= results && (await isEverythingRead(services, read, results));
      },
      { everyMs: 100 },
    );
    const storedAt = epochMs();
    const [servicesAfter, storeAfter] = [
      sumOf(services.map(({ pid }) => processorSeconds(pid))),
      processorSeconds(server.pid),
    ];
    const reads = await Promise.all(simulators.map((one) => one.reads()));
    const beganAt = Math.min(...reads.map((one) => one.firstReadAt ?? Infinity));
    const [row] = await first.query<Record<"facts" | "done", string>>(
      `SELECT count() AS facts, sum(done) AS done
       FROM (SELECT any(created + updated) AS done FROM facts_by_time GROUP BY request_id, fact_id)`,
    );
    check(Number(row?.facts) === results, `${row?.facts} facts of ${results}`);
    check(Number(row?.done) === results * 100, `${row?.done} records of ${results * 100}`);
    return {
      perSecond: results / ((storedAt - beganAt) / 1_000),
      serviceMicros: ((servicesAfter - servicesBefore) * 1e6) / results,
      storeMicros: ((storeAfter - storeBefore) * 1e6) / results,
    };
  } finally {
    for (const one of services) await one.close();
    await server.close();
  }
}

function openIngest(
  context: BenchContext,
  server: StoreServer,
  simulators: readonly SimulatorProcess[],
  name: string,
): Promise<ServiceProcess> {
  const directory = context.newDirectory("scale-out");
  const journals = simulators.map(({ serviceEnv }, n) => ({
    name: `${name}-${n}`,
    url: serviceEnv["ADOBE_JOURNAL_URL"],
    imsUrl: serviceEnv["ADOBE_IMS_URL"],
    clientId: serviceEnv["ADOBE_CLIENT_ID"],
    clientSecret: serviceEnv["ADOBE_CLIENT_SECRET"],
    orgId: serviceEnv["ADOBE_ORG_ID"],
  }));
  writeFileSync(`${directory}/after202.yaml`, JSON.stringify({ journals })); // JSON is YAML
  return context.openService({
    dataDir: directory,
    roles: ["ingest"],
    env: { AFTER202_CONFIG: `${directory}/after202.yaml`, CLICKHOUSE_URL: server.url, RAW_EVENTS: "off" },
  });
}

/** Each cursor at the end of its journal: those who read what others have read are through, too. */
async function isEverythingRead(
  services: readonly ServiceProcess[],
  read: Variant["read"],
  results: number,
): Promise<boolean> {
  const events = results / JOURNALS / REQUESTS_PER_EVENT;
  const end = encodeURIComponent(`.${events.toString(36)}`); // the simulator counts its positions from 1, in base 36
  for (const [process, numbers] of read.entries()) {
    for (const n of numbers.keys()) {
      const cursor = await services[process]?.cursor(`process-${process}-${n}`);
      if (cursor?.next.endsWith(end) !== true) return false;
    }
  }
  return true;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0);
}
