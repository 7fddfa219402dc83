/**
 * Status: one request by its id over HTTP, with nothing else to do, with others asking, and during ingest.
 *
 * Half of those asked for were submitted; the others are of the stream only, for which adoption is asked, too.
 */
import autocannon from "autocannon";
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import { check, type ScaleBenchmark } from "./benchmark.ts";
import { figureOf, type Figure, judged } from "./figure.ts";
import { type KnownRequest, knownRequests } from "./filled-store.ts";
import { type HttpCalls, requestPath } from "./http-calls.ts";
import { doubtfulNumbers, plainNumbers } from "./pick-numbers.ts";
import { startRelay } from "./relay.ts";
import { pause, timeEach } from "./timing.ts";

const RESULTS_PER_SECOND = 5_000;

export const statusBench: ScaleBenchmark = {
  name: "status",
  about: "status by id over HTTP",
  on: "service",
  async *run(context, { name, index, plan, service, calls }) {
    const title = `status by id, ${name}`;
    const lookups = context.quick ? 100 : 3_000;
    const known = await knownRequests(service, plainNumbers(plan, lookups, "status"));
    const strangers = await knownRequests(service, plainNumbers(plan, lookups, "status, once more"));
    for (const one of known.slice(0, context.quick ? 50 : 200))
      checkLifecycle(await calls.getJson(requestPath(one.requestId)), one);

    service.memory.takeSamples();
    const idle = await timeEach(strangers, (one) => lookUp(calls, one));
    yield figureOf(`${title}, idle`, "ms", idle, { atMost: 3, p99AtMost: 8 });
    const halves = (submitted: boolean): number[] =>
      idle.filter((_, i) => strangers[i]?.submitted === submitted);
    yield figureOf(`${title}, idle: submitted ones`, "ms", halves(true));
    yield figureOf(`${title}, idle: of the stream only`, "ms", halves(false));

    const doubtful = await knownRequests(service, doubtfulNumbers(plan, context.quick ? 20 : 200));
    for (const one of doubtful.slice(0, 5))
      checkLifecycle(await calls.getJson(requestPath(one.requestId)), one);
    yield figureOf(
      `${title}, idle: with an adopter in doubt`,
      "ms",
      await timeEach(doubtful, (one) => lookUp(calls, one)),
    );

    yield* measureTogether(title, service.url, known, context.quick ? 1 : 8);

    const relay = await startRelay({
      url: service.url,
      perSecond: RESULTS_PER_SECOND,
      seconds: 60,
      seed: `during status ${index}`,
    });
    await pause(context.quick ? 500 : 3_000);
    const busy = await timeEach(known.slice(0, context.quick ? 100 : 2_000), (one) => lookUp(calls, one));
    const acknowledged = await relay.stop();
    yield figureOf(`${title}, during ${RESULTS_PER_SECOND} results/s`, "ms", busy, { p99AtMost: 20 });
    yield figureOf(`${title}: those results durable after`, "ms", acknowledged, { p99AtMost: 300 });
    const resident = service.memory.takeSamples();
    yield figureOf(`${title}: memory`, "MB RSS", resident);
    yield judged(`${title}: memory at most`, "MB RSS", service.memory.peakMB(), null, 1, { atMost: 600 });
  },
};

async function* measureTogether(
  title: string,
  url: string,
  known: readonly KnownRequest[],
  seconds: number,
): AsyncGenerator<Figure> {
  let next = 0;
  const paths = known.map((one) => requestPath(one.requestId));
  const result = await autocannon({
    url,
    connections: 8,
    duration: seconds,
    requests: [{ setupRequest: (request) => ({ ...request, path: paths[next++ % paths.length] ?? "" }) }],
  });
  check(result.errors === 0 && result.non2xx === 0, `${result.errors} errors, ${result.non2xx} refusals`);
  const asked = result.requests.total;
  yield judged(`${title}, 8 connections`, "requests/s", asked / result.duration, null, asked, {
    atLeast: 500,
  });
  yield judged(`${title}, 8 connections: each`, "ms", result.latency.p50, result.latency.p99, asked);
}

/** Only what costs little: that this is the request, and is found. */
async function lookUp(calls: HttpCalls, { requestId }: KnownRequest): Promise<void> {
  const text = await calls.get(requestPath(requestId));
  check(
    text.startsWith(`{"requestId":"${requestId}"`),
    `${requestId} was asked for, not ${text.slice(0, 60)}`,
  );
}

function checkLifecycle(answer: LifecycleJson, known: KnownRequest): void {
  const { records } = answer;
  check(answer.requestId === known.requestId, `${answer.requestId} is not ${known.requestId}`);
  check(
    answer.correlationId === known.correlationId,
    `${answer.correlationId} is not ${known.correlationId}`,
  );
  check((answer.submittedAt !== null) === known.submitted, `${known.requestId}: submitted or not`);
  check(records.created + records.updated === known.done, `${known.requestId}: ${JSON.stringify(records)}`);
  const state = known.done === 100 ? "succeeded" : "partially_failed";
  check(answer.state === state, `${known.requestId}: ${answer.state}, not ${state}`);
}
