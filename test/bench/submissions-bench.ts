/**
 * Submissions: NDJSON over HTTP, answered when durable.
 */
import { createRandom } from "../../src/simulator/random.ts";
import { type Benchmark, type BenchContext, check } from "./benchmark.ts";
import { figureOf, judged } from "./figure.ts";
import { openCalls, requestPath } from "./http-calls.ts";
import { timeTogether } from "./timing.ts";

const LINES = { "content-type": "application/x-ndjson" };
const AT_ONCE = 4;
const SIZES = [100, 1_000, 10_000];

export const submissionsBench: Benchmark = {
  name: "submissions",
  about: "NDJSON accepted, durable",
  async *run(context) {
    for (const perCall of context.quick ? SIZES.slice(0, 2) : SIZES) {
      const calls = AT_ONCE + (context.quick ? 4 : Math.max(12, Math.min(100, 200_000 / perCall)));
      const runs = context.quick ? 1 : 3;
      const rates: number[] = [];
      const latencies: number[] = [];
      for (let run = 0; run < runs; run++) {
        const one = await submitOnce(context, perCall, calls, `submissions ${perCall} ${run}`);
        rates.push(one.perSecond);
        latencies.push(...one.latencies);
      }
      const title = `submissions, ${perCall} a call, ${AT_ONCE} calls at once`;
      yield figureOf(title, "submissions/s", rates, perCall === 10_000 ? { atLeast: 30_000 } : undefined);
      yield figureOf(`${title}: each call`, "ms", latencies);
    }
    yield* single(context);
  },
};

async function submitOnce(context: BenchContext, perCall: number, calls: number, seed: string) {
  const { bodies, ids } = submissionBodies(perCall, calls, seed);
  const service = await context.openService({ dataDir: context.newDirectory("submissions") });
  const client = openCalls(service.url, AT_ONCE);
  try {
    const submit = async (body: string): Promise<void> => {
      const answer = await client.post("/v1/submissions", body, LINES);
      check(answer.endsWith(`"stored":${perCall},"invalid":0}`), answer.slice(-200));
    };
    await timeTogether(bodies.slice(0, AT_ONCE), AT_ONCE, submit);
    const measured = bodies.slice(AT_ONCE);
    const began = performance.now();
    const latencies = await timeTogether(measured, AT_ONCE, submit);
    const perSecond = (perCall * measured.length) / ((performance.now() - began) / 1_000);
    const [row] = await service.query<{ n: string }>("SELECT uniqExact(request_id, fact_id) AS n FROM facts");
    check(Number(row?.n) === perCall * calls, `${row?.n} submissions of ${perCall * calls}`);
    const one = await client.getJson<{ state: string }>(requestPath(ids[0] ?? ""));
    check(one.state === "accepted", `${one.state}, not accepted`);
    return { perSecond, latencies };
  } finally {
    await client.close();
    await service.close();
  }
}

/** One at a time, as a recorder that waits for each. */
async function* single(context: BenchContext) {
  const count = context.quick ? 20 : 200;
  const { bodies } = submissionBodies(1, count, "one by one");
  const service = await context.openService({ dataDir: context.newDirectory("submissions") });
  const client = openCalls(service.url);
  try {
    const [first = "", ...rest] = bodies;
    await client.post("/v1/submissions", first, LINES);
    const samples = await timeTogether(
      rest,
      1,
      async (body) => void (await client.post("/v1/submissions", body, LINES)),
    );
    yield figureOf("submission, one by one", "ms", samples);
    yield judged("submission, one by one: memory", "MB RSS", service.memory.peakMB(), null, 1);
  } finally {
    await client.close();
    await service.close();
  }
}

function submissionBodies(perCall: number, calls: number, seed: string): { bodies: string[]; ids: string[] } {
  const random = createRandom(seed);
  const ids: string[] = [];
  const submittedAt = new Date(Date.now() - 1_000).toISOString();
  const line = (): string => {
    const requestId = random.uuid();
    ids.push(requestId);
    return JSON.stringify({
      submissionId: random.uuid(),
      requestId,
      correlationId: `nightly/${Math.floor(ids.length / 1_000)}`,
      requestSource: "crm-sync",
      target: "marketo",
      instance: "123-ABC-456",
      objectType: "person",
      operation: "upsert",
      priority: "normal",
      records: 100,
      bytes: 40_000,
      submittedAt,
      respondedAt: submittedAt,
      httpStatus: 202,
    });
  };
  const bodies = Array.from({ length: calls }, () => Array.from({ length: perCall }, line).join("\n"));
  return { bodies, ids };
}
