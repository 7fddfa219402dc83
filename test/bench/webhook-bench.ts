/**
 * The webhook: batches of 20 events with real signatures, acknowledged when stored.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createSigner, type Signer } from "../../src/simulator/webhook/signer.ts";
import { type Benchmark, type BenchContext, check } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { openCalls } from "./http-calls.ts";
import { batchBodies, eventTexts } from "./results-load.ts";
import { timePaced, timeTogether } from "./timing.ts";

const EVENTS_PER_BATCH = 20;
/** Deliveries under way at once: each waits until it is stored, so that more of them go into one append. */
const AT_ONCE = [32, 128];
const MOST_AT_ONCE = Math.max(...AT_ONCE);
const RESULTS_PER_SECOND = 5_000;

interface SignedBatch {
  readonly body: string;
  readonly headers: Record<string, string>;
}

export const webhookBench: Benchmark = {
  name: "webhook",
  about: `signed batches of ${EVENTS_PER_BATCH} events, acknowledged when stored`,
  async *run(context) {
    const signer = await createSigner();
    const keys = await openKeyServer(signer);
    try {
      const batches = context.quick ? 100 : 3_000;
      const warm = signedBatches(signer, context.quick ? 20 : 200, "webhook, before");
      const fast = signedBatches(signer, batches, "webhook");
      const results = (warm.length + batches) * EVENTS_PER_BATCH;
      for (const atOnce of AT_ONCE) {
        yield* withService(context, keys, async function* (post, count) {
          await timeTogether(warm, atOnce, post);
          const began = performance.now();
          const samples = await timeTogether(fast, atOnce, post);
          const seconds = (performance.now() - began) / 1_000;
          check((await count()) === results, `${await count()} results of ${results}`);
          const title = `webhook, batches of ${EVENTS_PER_BATCH}, ${atOnce} at once`;
          yield figureOf(title, "results/s", [(batches * EVENTS_PER_BATCH) / seconds], { atLeast: 20_000 });
          yield figureOf(`${title}: acknowledged after`, "ms", samples);
        });
      }

      const seconds = context.quick ? 1 : 15;
      const paced = signedBatches(
        signer,
        (RESULTS_PER_SECOND / EVENTS_PER_BATCH) * seconds,
        "webhook, paced",
      );
      yield* withService(context, keys, async function* (post) {
        await timeTogether(warm, MOST_AT_ONCE, post);
        const samples = await timePaced(paced, RESULTS_PER_SECOND / EVENTS_PER_BATCH, post);
        const title = `webhook at ${RESULTS_PER_SECOND} results/s: acknowledged after`;
        yield figureOf(title, "ms", samples, { p99AtMost: 250 });
      });
    } finally {
      keys.server.close();
    }
  },
};

type Post = (batch: SignedBatch) => Promise<void>;

async function* withService<T>(
  context: BenchContext,
  keys: { readonly origin: string },
  measure: (post: Post, count: () => Promise<number>) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const service = await context.openService({
    dataDir: context.newDirectory("webhook"),
    env: { ADOBE_WEBHOOK: "on", ADOBE_PUBLIC_KEY_ORIGIN: keys.origin },
  });
  const client = openCalls(service.url, MOST_AT_ONCE);
  const post: Post = async ({ body, headers }) => {
    const receipt = JSON.parse(await client.post("/v1/events/adobe", body, headers)) as { fresh: number };
    check(receipt.fresh === EVENTS_PER_BATCH, JSON.stringify(receipt));
  };
  try {
    const forged = { "content-type": "application/json", "x-adobe-digital-signature-1": "Zm9yZ2Vk" };
    const refused = await client.post("/v1/events/adobe", "[]", forged).then(
      () => false,
      () => true,
    );
    check(refused, "a forged signature was taken");
    yield* measure(post, async () => {
      const [row] = await service.query<{ n: string }>(
        "SELECT uniqExact(request_id, fact_id) AS n FROM facts",
      );
      return Number(row?.n);
    });
  } finally {
    await client.close();
    await service.close();
  }
}

/** Signed beforehand: the sender's work is not what is measured. */
function signedBatches(signer: Signer, batches: number, seed: string): SignedBatch[] {
  const texts = eventTexts({ events: batches * EVENTS_PER_BATCH, requestsPerEvent: 1, seed });
  return batchBodies(texts, EVENTS_PER_BATCH).map((body) => ({
    body,
    headers: { "content-type": "application/json", ...signer.headers(body) },
  }));
}

async function openKeyServer(signer: Signer): Promise<{ origin: string; server: Server }> {
  const server = createServer((request, response) => {
    const pem = signer.publicKey(request.url?.split("/").at(-1) ?? "");
    response.writeHead(pem === undefined ? 404 : 200).end(pem);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
