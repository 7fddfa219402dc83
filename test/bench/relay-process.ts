/** A relay in a process of its own: posts results events to the service at a steady rate until it is closed. */
import { openCalls } from "./http-calls.ts";
import { answerParent } from "./child-answers.ts";
import { batchBodies, eventTexts } from "./results-load.ts";
import { timePaced } from "./timing.ts";

const { url, perSecond, seconds, seed } = JSON.parse(process.env["RELAY_OPTIONS"] ?? "{}") as {
  url: string;
  perSecond: number;
  /** For so long at most: everything is made beforehand. */
  seconds: number;
  seed: string;
};

const REQUESTS_PER_EVENT = 10;
const POSTS_PER_SECOND = 10;

const texts = eventTexts({
  events: (perSecond * seconds) / REQUESTS_PER_EVENT,
  requestsPerEvent: REQUESTS_PER_EVENT,
  seed,
});
const bodies = batchBodies(texts, perSecond / REQUESTS_PER_EVENT / POSTS_PER_SECOND);
const calls = openCalls(url, 8);
const stopping = new AbortController();
let running: Promise<number[]> = Promise.resolve([]);

answerParent(
  {
    start() {
      running = timePaced(
        bodies,
        POSTS_PER_SECOND,
        async (body) => {
          const receipt = JSON.parse(await calls.post("/v1/events", body)) as { new: number; dead: number };
          if (receipt.new === 0 || receipt.dead > 0)
            throw new Error(`relayed wrongly: ${JSON.stringify(receipt)}`);
        },
        stopping.signal,
      );
      running.catch(() => undefined); // told at the end
      return true;
    },
    async stop() {
      stopping.abort();
      return running;
    },
  },
  () => calls.close(),
);
