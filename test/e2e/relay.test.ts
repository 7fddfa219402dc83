/** A service that hears the stream over a relay only: its answers are the truth, whatever happens to its connections. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { accepted, persons } from "../simulator/client.ts";
import {
  type Environment,
  makeDataDir,
  openService,
  QUIET,
  removeDataDir,
  type Service,
  SERVICE_STORES,
  IS_FIVE,
} from "./service.ts";
import { openClickHouseEndpoint, type ClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { byRequestId, outcomeOf, outcomeOfTruth } from "./truth-check.ts";
import { until } from "./until.ts";

const SPEED = 600;
const NOISE = { duplicateRate: 0.2, duplicateWithinMs: 60_000, delayRate: 0.3, delayWithinMs: 60_000 };
const WAYS = [
  { way: "sse", settings: (simulator: Simulator): Environment => ({ SSE_URL: simulator.sseUrl }) },
  {
    way: "websocket",
    settings: (simulator: Simulator): Environment => ({
      WEBSOCKET_URL: simulator.websocketUrl,
      WEBSOCKET_ACKS: "on",
    }),
  },
] as const;

interface StreamHealth {
  readonly sources: readonly { name: string; path: string; state: string; fault: string | null }[];
  readonly cursors: readonly unknown[];
}

let simulator: Simulator;
let service: Service | undefined;
let dataDir: string;
let endpoint: ClickHouseEndpoint | undefined;

beforeEach(async () => {
  simulator = await openSimulator({
    speed: SPEED,
    seed: 11,
    results: { maxRequestsPerEvent: 2 },
    observability: { metricsMs: 0, statusMs: 0 },
    faults: { paths: { sse: NOISE, websocket: NOISE } },
  });
  dataDir = await makeDataDir();
});
afterEach(async () => {
  await service?.close();
  await simulator.close();
  await endpoint?.close();
  endpoint = undefined;
  await removeDataDir(dataDir);
});

async function open(settings: Environment): Promise<Service> {
  const where = endpoint === undefined ? {} : { CLICKHOUSE_URL: endpoint.url };
  const env = { ...QUIET, RETRY_SPEED: String(SPEED), DATA_DIR: dataDir, ...where, ...settings };
  return (service = await openService("embedded", env));
}

async function submit(from: number, count: number): Promise<void> {
  const bodies = Array.from({ length: count }, (_, n) => ({ persons: persons(`${from + n}@x.example`) }));
  await Promise.all(bodies.map((body) => accepted(simulator, "/persons", body)));
}

async function expectTruth({ api }: Service): Promise<void> {
  await until("the simulator is done", () => simulator.summary().idle);
  const truth = byRequestId(simulator.truth().map(outcomeOfTruth));
  const answers = async () => byRequestId((await api.list()).map(outcomeOf));
  await until(
    "the answers are the truth",
    async () => JSON.stringify(await answers()) === JSON.stringify(truth),
    {
      timeoutMs: 10_000,
    },
  ).catch(() => undefined);
  expect(await answers()).toEqual(truth);
}

/** Events that have been given to the relay, those that come twice as two. */
function carried(way: "sse" | "websocket"): number {
  const { events, duplicated } = simulator.summary().paths[way];
  return events + duplicated;
}

/** Events that the service has taken in by the path, again or anew. */
async function taken({ api }: Service, way: string): Promise<number> {
  const { body } = await api.get<string>("/metrics");
  const counters = body.matchAll(new RegExp(`^after202_events_total{path="${way}".*} (\\d+)$`, "gm"));
  return [...counters].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe.each(WAYS)("over $way alone", ({ way, settings }) => {
  it.each(SERVICE_STORES)(
    "the answers are the truth, over broken connections and a restart (%s)",
    async (store) => {
      if (store !== "embedded") endpoint = await openClickHouseEndpoint();
      const first = await open(settings(simulator));
      const cut = setInterval(
        () => void fetch(`${simulator.origin}/_simulator/disconnect?way=${way}`, { method: "POST" }),
        150,
      );
      await submit(0, 60);
      await expectTruth(first);
      clearInterval(cut);
      // acknowledgements that a cut has cost are sent for what comes again
      await until("all is acknowledged", () => simulator.summary().relay.unacknowledged === 0);
      const health = (await first.api.get<StreamHealth>("/v1/stream")).body;
      expect(health.sources).toMatchObject([{ name: way, path: way }]);
      expect(health.cursors).toEqual([]);
      await first.close();
      const before = carried(way);
      await submit(60, 40); // while nobody listens
      const second = await open(settings(simulator));
      await expectTruth(second);
      expect((await second.api.list()).length).toBe(100);
      if (!IS_FIVE) {
        // what came before the restart is not sent again; of five processes each counts what it took
        const expected = carried(way) - before;
        await until("all is counted", async () => (await taken(second, way)) >= expected);
        expect(await taken(second, way)).toBe(expected);
      }
      await until("the source is well", async () => {
        const { sources } = (await second.api.get<StreamHealth>("/v1/stream")).body;
        return sources.every(({ state, fault }) => state === "reading" && fault === null);
      });
    },
    IS_FIVE ? 120_000 : 30_000,
  );
});
