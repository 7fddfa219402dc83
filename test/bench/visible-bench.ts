/**
 * From an event to its answer: how long until a status by id shows what was relayed, or put into the journal, and until
 * somebody who waits for it is told.
 */
import { SIMULATED } from "../../src/simulator/options.ts";
import { createRandom, type Random } from "../../src/simulator/random.ts";
import { type Benchmark, type BenchContext, check } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { type HttpCalls, openCalls, requestPath } from "./http-calls.ts";
import { startRelay } from "./relay.ts";
import { openSimulatorProcess } from "./simulator.ts";
import { pause, waitFor } from "./timing.ts";

const RESULTS_PER_SECOND = 5_000;

export const visibleBench: Benchmark = {
  name: "visible",
  about: `from an event received to its status by id, at idle and during ${RESULTS_PER_SECOND} results/s`,
  async *run(context) {
    const random = createRandom("visible");
    const simulator = await openSimulatorProcess({
      preload: { events: 10, requestsPerEvent: 1 },
      journal: { retryAfterSeconds: 1 },
    });
    const service = await context.openService({
      dataDir: context.newDirectory("visible"),
      env: simulator.serviceEnv,
    });
    const calls = openCalls(service.url);
    const emitter = openCalls(simulator.origin);
    try {
      await waitFor("the preloaded events", async () => {
        const [row] = await service.query<{ n: string }>("SELECT count() AS n FROM facts");
        return row?.n === "10";
      });
      yield* relayed(context, calls, random, "event relayed");
      yield* awaited(context, calls, openCalls(service.url), random);
      const samples: number[] = [];
      for (let run = 0; run < (context.quick ? 4 : 30); run++) {
        await pause(random.integer(1_000)); // else every event would just have missed a poll
        const { event, requestId } = resultsEvent(random);
        const began = performance.now();
        await emitter.post("/_simulator/emit", event);
        await untilSeen(calls, requestId);
        samples.push(performance.now() - began);
      }
      yield figureOf("event in the journal, polled each second: visible after", "ms", samples);
      yield* relayedAmongOthers(context, service.url, calls, random);
    } finally {
      await calls.close();
      await emitter.close();
      await service.close();
      await simulator.close();
    }
  },
};

async function* relayedAmongOthers(context: BenchContext, url: string, calls: HttpCalls, random: Random) {
  const load = { url, perSecond: RESULTS_PER_SECOND, seconds: 120, seed: "among others" };
  const relay = await startRelay(load);
  await pause(context.quick ? 500 : 3_000);
  yield* relayed(context, calls, random, `event relayed during ${RESULTS_PER_SECOND} results/s`);
  await relay.stop();
}

async function* relayed(context: BenchContext, calls: HttpCalls, random: Random, title: string) {
  const durable: number[] = [];
  const visible: number[] = [];
  for (let run = 0; run < (context.quick ? 10 : 200); run++) {
    const { event, requestId } = resultsEvent(random);
    const sentAt = performance.now();
    await calls.post("/v1/events", event);
    const answeredAt = performance.now();
    await untilSeen(calls, requestId);
    durable.push(answeredAt - sentAt);
    visible.push(performance.now() - sentAt);
  }
  yield figureOf(`${title}: durable after`, "ms", durable);
  yield figureOf(`${title}: visible after`, "ms", visible, { p99AtMost: 300 });
}

async function* awaited(context: BenchContext, calls: HttpCalls, waiting: HttpCalls, random: Random) {
  const told: number[] = [];
  try {
    for (let run = 0; run < (context.quick ? 10 : 200); run++) {
      const { event, requestId } = resultsEvent(random);
      const answer = waiting.getJson<{ state: string }>(`${requestPath(requestId)}/wait?timeoutMs=10000`);
      await pause(5 + random.integer(100)); // it waits when the event comes
      const sentAt = performance.now();
      await calls.post("/v1/events", event);
      check((await answer).state === "succeeded", requestId);
      told.push(performance.now() - sentAt);
    }
  } finally {
    await waiting.close();
  }
  yield figureOf("event relayed: whoever waits is told after", "ms", told, { p99AtMost: 250 });
}

async function untilSeen(calls: HttpCalls, requestId: string): Promise<void> {
  for (;;) {
    const { status, text } = await calls.tryGet(requestPath(requestId));
    if (status === 200) {
      check(text.includes('"state":"succeeded"'), `${requestId}: ${text.slice(0, 200)}`);
      return;
    }
    check(status === 404, `${requestId}: ${status}`);
    await pause(2);
  }
}

function resultsEvent(random: Random): { event: string; requestId: string } {
  const requestId = random.uuid();
  const now = Date.now();
  const event = JSON.stringify({
    id: random.uuid(),
    specversion: "1.0",
    type: "com.adobe.platform.marketo.observability.results",
    source: "urn:data_ingestion_service",
    time: new Date(now).toISOString(),
    data: {
      munchkinId: SIMULATED.instance,
      requests: [
        {
          requestId,
          requestTime: new Date(now - 30_000).toISOString(),
          correlationId: `visible/${requestId.slice(0, 8)}`,
          objectType: "person",
          priority: "normal",
          records: { received: 100, created: 60, updated: 40, failed: {} },
        },
      ],
    },
  });
  return { event, requestId };
}
