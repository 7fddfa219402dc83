/**
 * The recorder on the caller's path: what it adds to a call, at a steady 1,000 calls a second, while it works behind.
 *
 * Timed is what lies between the caller and the fetch inside, before and after; the fetch itself takes 5 ms and is left out.
 * The aim is of a caller whose machine the service does not share; beside it stands what a service on the same cores makes
 * of it.
 */
import { openRecorder, recordedFetch, type RecordedFetch } from "../../src/recorder/recorder.ts";
import { openChild } from "./child.ts";
import { type BenchContext, type Benchmark, check } from "./benchmark.ts";
import { type Figure, figureOf, judged } from "./figure.ts";
import { pause, timePaced } from "./timing.ts";

const RATE = 1_000;
const ANSWER_MS = 5;
const BASE = "https://mkto-ingestion-api.adobe.io/subscriptions/123-ABC-456";
const AIM_US = 50;

interface Load {
  readonly title: string;
  readonly path: string;
  readonly records: number;
  readonly linkFields?: Record<string, string>;
  body(records: readonly object[]): object;
}

const LOADS: readonly Load[] = [
  { title: "100 persons", path: "persons", records: 100, body: (persons) => ({ persons }) },
  {
    title: "20 objects with link digests",
    path: "customobjects/purchases",
    records: 20,
    linkFields: { purchases: "email" },
    body: (customObjects) => ({ customObjects }),
  },
];

export const recorderBench: Benchmark = {
  name: "recorder",
  about: "what recording adds to a call, on the caller's path",
  async *run(context) {
    for (const load of LOADS) {
      for (const place of ["elsewhere", "on the same cores"] as const) yield* runLoad(context, load, place);
    }
  },
};

async function* runLoad(
  context: BenchContext,
  load: Load,
  place: "elsewhere" | "on the same cores",
): AsyncGenerator<Figure> {
  const calls = context.quick ? 300 : 5_000;
  const service = await context.openService({ dataDir: context.newDirectory("recorder") });
  const far = await openChild("far-service-process.js");
  const recorder = openRecorder({
    spoolDir: context.newDirectory("recorder-spool"),
    url: place === "elsewhere" ? await far.ask<string>("url") : service.url,
    correlation: { job: "bench" },
    linkFields: load.linkFields,
    linkKeySecret: "a secret of the benchmark's own",
  });
  try {
    const plain = await measure(
      Object.assign((...[i, o]: Parameters<RecordedFetch>) => inner(i, o), { recorder }),
      load,
      calls,
    );
    const recorded = await measure(recordedFetch(inner, recorder), load, calls);
    const left = await recorder.flush(60_000);
    if (place === "elsewhere") await far.ask("handOver", service.url);
    check(left === 0, `not everything was delivered: ${JSON.stringify(recorder.stats())}`);
    const rollup = await fetch(`${service.url}/v1/correlations/bench`);
    const told = (await rollup.json()) as { requests: { total: number }; records: { expected: number } };
    check(told.requests.total === calls, `${told.requests.total} of ${calls} attempts are in the ledger`);
    check(told.records.expected === calls * load.records, `${told.records.expected} records`);
    const title = `recorder, ${load.title} a call, ${RATE} calls/s, service ${place}`;
    yield figureOf(`${title}: nobody records`, "us", plain.addedUs);
    const aim = place === "elsewhere" ? { p99AtMost: AIM_US } : undefined;
    yield figureOf(`${title}: added`, "us", recorded.addedUs, aim);
    const behind = (recorded.processorMs - plain.processorMs) / calls;
    yield judged(`${title}: processor, behind included`, "us", behind * 1_000, null, calls);
  } finally {
    await recorder.close();
    await far.close();
    await service.close();
  }
}

let enteredAt = 0;
let leftAt = 0;

/** A fetch that answers at once what Marketo would; it notes when it was entered, and when it was left. */
async function inner(_input: unknown, _init?: RequestInit): Promise<Response> {
  enteredAt = performance.now();
  await pause(ANSWER_MS);
  const headers = { "x-request-id": crypto.randomUUID(), date: new Date().toUTCString() };
  const response = new Response(null, { status: 202, headers });
  leftAt = performance.now();
  return response;
}

/** The first tenth is left out: there the engine still compiles. */
async function measure(send: RecordedFetch, load: Load, calls: number) {
  const bodies = Array.from({ length: calls }, (_, call) => bodyOf(load, call));
  const addedUs: number[] = [];
  const call = async (body: string): Promise<void> => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    const began = performance.now();
    const answered = send(`${BASE}/${load.path}`, init);
    const before = enteredAt - began;
    check((await answered).status === 202, "not accepted");
    addedUs.push((before + performance.now() - leftAt) * 1_000);
  };
  const usedBefore = process.cpuUsage();
  await timePaced(bodies, RATE, call);
  await pause(300);
  const used = process.cpuUsage(usedBefore);
  return { addedUs: addedUs.slice(calls / 10), processorMs: (used.user + used.system) / 1_000 };
}

function bodyOf(load: Load, call: number): string {
  const records = Array.from({ length: load.records }, (_, i) => ({
    email: `person-${call}-${i}@example.com`,
    firstName: "Ada",
    lastName: "Lovelace",
    company: "Analytical Engines",
    amount: call + i,
  }));
  return JSON.stringify({ priority: "normal", ...load.body(records) });
}
