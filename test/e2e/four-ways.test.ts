/** One stream over four ways at once, each with losses, duplicates and disorder of its own: the ledger is the truth. */
import { afterEach, describe, expect, it } from "vitest";
import { generateResultsEvents } from "../../src/simulator/generated-events.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { environmentOf, openService, type Service, SERVICE_STORES } from "./service.ts";
import { until } from "./until.ts";

/** `FOUR_WAYS_EVENTS=100000` for the whole of it. */
const EVENTS = Number(process.env["FOUR_WAYS_EVENTS"] ?? 4_000);
const EVENTS_AN_EMISSION = 2_000;
const SPEED = 600;
const NOISE = {
  dropRate: 0.05,
  duplicateRate: 0.1,
  duplicateWithinMs: 120_000,
  delayRate: 0.2,
  delayWithinMs: 120_000,
};
const WAYS = ["journal", "sse", "webhook", "websocket"] as const;

interface Row {
  readonly request_id: string;
  readonly created: number;
  readonly updated: number;
}

interface Paths {
  readonly events: number;
  readonly items: readonly { path: string; first: number; late: number; never: number; loss: number }[];
}

let simulator: Simulator | undefined;
let service: Service | undefined;
afterEach(async () => {
  await simulator?.close();
  await service?.close();
});

/** What the events say, by request. */
function truthOf(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.flatMap((text) =>
      (JSON.parse(text) as { data: { requests: { requestId: string; records: Row }[] } }).data.requests.map(
        ({ requestId, records }): [string, string] => [requestId, `${records.created}+${records.updated}`],
      ),
    ),
  );
}

describe("journal, webhook, Server-Sent Events and WebSocket at once", () => {
  it.each(SERVICE_STORES)(
    "the ledger is the truth, and the loss of each way is told exactly (%s)",
    async (store) => {
      simulator = await openSimulator({
        speed: SPEED,
        seed: 6,
        observability: { metricsMs: 0, statusMs: 0 },
        journal: { retryAfterSeconds: 1 },
        faults: { paths: Object.fromEntries(WAYS.map((way) => [way, NOISE])) },
      });
      const settings = {
        ...environmentOf(simulator),
        LOG_LEVEL: "silent", // events of an hour ago are a silence to it
        ADOBE_WEBHOOK: "on",
        ADOBE_PUBLIC_KEY_ORIGIN: simulator.origin,
        SSE_URL: simulator.sseUrl,
        WEBSOCKET_URL: simulator.websocketUrl,
        WEBSOCKET_ACKS: "on",
      };
      const { api, url, app } = (service = await openService(store, settings));
      await simulator.registerWebhook({ url: `${url}/v1/events/adobe`, batch: true });

      const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 60 * 60_000;
      const generated = generateResultsEvents(createRandom("four ways"), {
        events: EVENTS,
        requestsPerEvent: 1,
        startMs,
      });
      const texts = Array.from(generated, ({ text }) => text);
      for (let from = 0; from < texts.length; from += EVENTS_AN_EMISSION) {
        const response = await fetch(`${simulator.origin}/_simulator/emit?faults=true`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: `[${texts.slice(from, from + EVENTS_AN_EMISSION).join(",")}]`,
        });
        expect(response.status).toBe(200);
      }

      const query = `/v1/stream?since=${new Date(startMs).toISOString()}&until=PT1M`;
      const paths = async () => (await api.get<{ paths: Paths }>(query)).body.paths;
      const told = async () => new Map((await paths()).items.map((item) => [item.path, item.never]));
      const withheld = () =>
        WAYS.map((way): [string, number] => [way, simulator?.summary().paths[way].withheld ?? -1]);
      await until("all is delivered", async () => simulator?.summary().idle === true, { timeoutMs: 120_000 });
      await until(
        "every way is told of",
        async () => JSON.stringify([...(await told())]) === JSON.stringify(withheld()),
        {
          timeoutMs: 60_000,
        },
      ).catch(() => undefined);

      const report = await paths();
      expect([...(await told())]).toEqual(withheld());
      expect(report.events).toBe(EVENTS);
      for (const { path, first, late, never, loss } of report.items) {
        expect([path, first + late + never]).toEqual([path, EVENTS]);
        expect(Math.abs(loss - NOISE.dropRate)).toBeLessThan(0.01);
      }
      const rows = await app.store.client.query<Row>(
        "SELECT request_id, sum(created) AS created, sum(updated) AS updated FROM facts_by_time FINAL GROUP BY request_id",
      );
      const ledger = new Map(rows.map((row) => [row.request_id, `${row.created}+${row.updated}`]));
      expect(ledger.size).toBe(EVENTS);
      expect([...truthOf(texts)].filter(([id, records]) => ledger.get(id) !== records)).toEqual([]);
    },
    300_000,
  );
});
