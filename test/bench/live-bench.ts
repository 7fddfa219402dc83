/**
 * The live feed under a thousand followers: what they cost ingest and memory, a tenth of them not reading.
 *
 * Followers and senders share the machine with the service, and everybody follows everything: the worst there is.
 */
import { type Benchmark, type BenchContext, check } from "./benchmark.ts";
import { openChild } from "./child.ts";
import { judged, quantile } from "./figure.ts";
import { openCalls } from "./http-calls.ts";
import { batchBodies, eventTexts } from "./results-load.ts";
import { timeTogether, waitFor } from "./timing.ts";

const REQUESTS_PER_EVENT = 10;
const EVENTS_PER_POST = 200;
const AT_ONCE = 8;

interface Outcome {
  readonly perSecond: number;
  readonly peakMB: number;
  readonly residentMB: number;
  readonly megabytes: number;
  readonly letGo: number;
}

export const liveBench: Benchmark = {
  name: "live",
  about: "1,000 followers of the live feed, 100 of them deaf, beside ingest",
  async *run(context) {
    const count = context.quick ? 100 : 1_000;
    const deaf = count / 10;
    const pairs: { alone: Outcome; followed: Outcome }[] = [];
    for (let run = 0; run < (context.quick ? 1 : 3); run++) {
      pairs.push({ alone: await ingest(context, 0, 0), followed: await ingest(context, count, deaf) });
    }
    const median = (of: (pair: (typeof pairs)[number]) => number) => quantile(pairs.map(of), 0.5);
    const title = `live, ${count} followers of everything, ${deaf} deaf`;
    yield judged(
      "live, nobody follows: ingest",
      "results/s",
      median((one) => one.alone.perSecond),
      null,
      pairs.length,
    );
    yield judged(
      `${title}: ingest`,
      "results/s",
      median((one) => one.followed.perSecond),
      null,
      pairs.length,
    );
    const share = median((one) => one.followed.perSecond / one.alone.perSecond);
    yield judged(`${title}: share of the ingest rate kept`, "ratio", share, null, pairs.length, {
      atLeast: 0.9,
    });
    yield judged(
      "live, nobody follows: memory",
      "MB RSS",
      median((one) => one.alone.peakMB),
      null,
      pairs.length,
    );
    yield judged(
      `${title}: memory`,
      "MB RSS",
      median((one) => one.followed.peakMB),
      null,
      pairs.length,
    );
    yield judged(
      `${title}: read by them`,
      "MB",
      median((one) => one.followed.megabytes),
      null,
      pairs.length,
    );
    yield judged(
      `${title}: let go`,
      "",
      median((one) => one.followed.letGo),
      null,
      pairs.length,
    );
  },
};

async function ingest(context: BenchContext, count: number, deaf: number): Promise<Outcome> {
  const service = await context.openService({ dataDir: context.newDirectory("live") });
  const followers = await openChild("followers-process.js", {
    env: { FOLLOWERS_OPTIONS: JSON.stringify({ url: service.url, count, deaf }) },
  });
  const calls = openCalls(service.url, AT_ONCE);
  try {
    const results = context.quick ? 20_000 : 200_000;
    const bodies = bodiesOf(results, "live");
    const post = async (body: string): Promise<void> => void (await calls.post("/v1/events", body));
    await timeTogether(bodiesOf(results / 10, "live, before"), AT_ONCE, post);
    await followers.ask("start");
    service.memory.takeSamples();
    const began = performance.now();
    await timeTogether(bodies, AT_ONCE, post);
    const perSecond = results / ((performance.now() - began) / 1_000);
    const counts = () => followers.ask<{ bytes: number; letGo: number; open: number }>("counts");
    if (count > 0) await waitFor("somebody hears of it", async () => (await counts()).bytes > 0);
    const told = await counts();
    const [row] = await service.query<{ n: string }>("SELECT uniqExact(request_id) AS n FROM facts");
    check(Number(row?.n) === results + results / 10, `${row?.n} of ${results} requests and a tenth`);
    const residentMB = quantile(service.memory.takeSamples(), 0.5);
    return {
      perSecond,
      peakMB: service.memory.peakMB(),
      residentMB,
      megabytes: told.bytes / 1e6,
      letGo: told.letGo,
    };
  } finally {
    await calls.close();
    await followers.close();
    await service.close();
  }
}

function bodiesOf(results: number, seed: string): string[] {
  const texts = eventTexts({
    events: results / REQUESTS_PER_EVENT,
    requestsPerEvent: REQUESTS_PER_EVENT,
    seed,
  });
  return batchBodies(texts, EVENTS_PER_POST);
}
