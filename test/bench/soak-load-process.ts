/** The load of a soak, see soak-load.ts. One event in a hundred comes twice. */
import { randomUUID } from "node:crypto";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { answerParent } from "./child-answers.ts";
import { openCalls } from "./http-calls.ts";
import { type EmittedRequest, SOAK_INSTANCE, type SoakBook, type SoakLoadOptions } from "./soak-load.ts";
import { timePaced, waitFor } from "./timing.ts";

const options = JSON.parse(process.env["SOAK_OPTIONS"] ?? "{}") as SoakLoadOptions;
const REQUESTS_PER_EVENT = 10;
const POSTS_PER_SECOND = 10;
const EVENTS_PER_POST = Math.max(
  1,
  Math.round(options.resultsPerSecond / REQUESTS_PER_EVENT / POSTS_PER_SECOND),
);
const RECENT = 20_000;
const GIBIBYTE = 2 ** 30;

const simulator = await openSimulator({
  speed: options.speed,
  observability: { metricsMs: 0, statusMs: 0 },
  journal: { maxEvents: 500_000, maxBytes: GIBIBYTE, retryAfterSeconds: 1 },
  marketo: { recordsPerDay: 10_000_000_000 },
  maxTruthRequests: 1_000_000,
});
const submitter = openRecordedSubmitter({
  marketoUrl: simulator.marketoUrl,
  after202Url: options.url,
  rate: options.submissionsPerSecond,
  seed: 202,
  speed: options.speed,
  signal: AbortSignal.timeout(24 * 3_600_000),
});
const emitter = openCalls(simulator.origin, 2);
const random = createRandom("soak");
const stopping = new AbortController();
const books = new Map<string, SoakBook>();
const recent: (EmittedRequest & { at: number })[] = [];
let events = 0;
let results = 0;
let running: Promise<unknown> = Promise.resolve();

function* ticks(): Generator<number> {
  for (let tick = 0; ; tick++) yield tick;
}

/** Counted when it is certain to be on the stream. */
async function emit(): Promise<void> {
  const now = Date.now();
  const minute = `soak/${Math.floor(now / 60_000)}`;
  const made = Array.from({ length: EVENTS_PER_POST }, () => resultsEvent(now, minute));
  const [first] = made;
  const twice = first !== undefined && random.integer(100) < EVENTS_PER_POST ? [first] : [];
  await emitter.post("/_simulator/emit", JSON.stringify([...made, ...twice]));
  const book = books.get(minute) ?? { correlationId: minute, requests: 0, created: 0, updated: 0, idSum: 0 };
  books.set(minute, book);
  for (const { requestId, records } of made.flatMap((event) => event.data.requests)) {
    book.requests += 1;
    book.created += records.created;
    book.updated += records.updated;
    book.idSum += parseInt(requestId.slice(0, 8), 16);
    if (book.requests % 50 === 0) recent.push({ requestId, created: records.created, at: now });
  }
  if (recent.length > RECENT) recent.splice(0, recent.length - RECENT);
  events += made.length;
  results += made.length * REQUESTS_PER_EVENT;
}

function resultsEvent(now: number, correlationId: string) {
  return {
    id: randomUUID(),
    specversion: "1.0",
    type: "com.adobe.platform.marketo.observability.results",
    source: "urn:data_ingestion_service",
    time: new Date(now).toISOString(),
    datacontenttype: "application/json",
    data: {
      munchkinId: SOAK_INSTANCE,
      requests: Array.from({ length: REQUESTS_PER_EVENT }, () => {
        const created = random.integer(101);
        return {
          requestId: randomUUID(), // the simulator's own come from another seed, and would meet these now and then
          requestTime: new Date(now - 1_000).toISOString(),
          clientId: "sim-user@marketo.example",
          correlationId,
          requestSource: "soak",
          objectType: "person",
          priority: "normal",
          records: { received: 100, created, updated: 100 - created, failed: {} },
        };
      }),
    },
  };
}

answerParent(
  {
    serviceEnv: () => ({
      RETRY_SPEED: String(options.speed),
      ADOBE_JOURNAL_URL: simulator.journalUrl,
      ADOBE_IMS_URL: simulator.imsUrl,
      ADOBE_CLIENT_ID: SIMULATED.clientId,
      ADOBE_CLIENT_SECRET: SIMULATED.clientSecret,
      ADOBE_ORG_ID: SIMULATED.organizationId,
    }),
    start() {
      running = timePaced(ticks(), POSTS_PER_SECOND, emit, stopping.signal);
      running.catch(() => undefined); // told at the end
    },
    counts: () => ({
      events,
      results,
      submitted: submitter.counters.submitted,
      unreported: submitter.unreported(),
    }),
    recent(count: number) {
      const now = Date.now();
      const known = recent.filter(({ at }) => at < now - 10_000 && at > now - 60_000);
      return Array.from({ length: Math.min(count, known.length) }, () => known[random.integer(known.length)]);
    },
    async stop() {
      stopping.abort();
      await running;
      const left = await submitter.close(60_000);
      await waitFor("the simulator is quiet", async () => simulator.summary().idle, {
        withinMs: 300_000,
        everyMs: 500,
      });
      return left;
    },
    books: () => [...books.values()],
    truth: () => simulator.truth(),
  },
  async () => {
    await emitter.close();
    await simulator.close();
  },
);
