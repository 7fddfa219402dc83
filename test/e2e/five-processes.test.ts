/**
 * The set-up of deploy/: two `ingest`, two `api` and one `alerts`, each a process of its own, on one ClickHouse over
 * HTTP. Each role is killed once, under load, and started again.
 */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AlertPayload } from "../../src/core/alert-ports.ts";
import type { Role } from "../../src/config.ts";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { SCENARIO_NAMES } from "../../src/simulator/submitter/scenarios.ts";
import type { TruthRow } from "../../src/simulator/truth.ts";
import { expectBalance } from "../chaos/books.ts";
import { createServiceProcess, type ServiceProcess } from "../chaos/service-process.ts";
import { openClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { environmentOf, makeDataDir, removeDataDir } from "./service.ts";
import { serviceApi } from "./service-api.ts";
import { until } from "./until.ts";

/** 65 minutes of link window pass in 13 s. */
const SPEED = 300;
const NAMES = ["ingest-1", "ingest-2", "api-1", "api-2", "alerts"] as const;
/** Everything once, then only what needs no link window: so that this passes while processes are killed. */
const SCENARIOS = [...SCENARIO_NAMES, ...Array.from({ length: 1_000 }, () => "persons" as const)];
type Name = (typeof NAMES)[number];
const KILLED: readonly Name[] = ["alerts", "ingest-1", "api-1"];

const closers: (() => Promise<unknown>)[] = [];
const processes = new Map<Name, ServiceProcess>();
/** What the alert hook was told. */
const told: AlertPayload[] = [];
/** Ids of requests that a follower of `api-2` heard of. */
const heard = new Set<string>();
let truth: readonly TruthRow[];
let submitted = 0;
let balance: (url: string) => Promise<void>;

const processOf = (name: Name): ServiceProcess => {
  const found = processes.get(name);
  if (found === undefined) throw new Error(`${name} was not made`);
  return found;
};

beforeAll(async () => {
  const simulator = await openSimulator({ speed: SPEED, seed: 5 });
  closers.push(() => simulator.close());
  const endpoint = await openClickHouseEndpoint();
  closers.push(() => endpoint.close());
  const dataDir = await makeDataDir();
  closers.push(() => removeDataDir(dataDir));
  const env = {
    ...environmentOf(simulator),
    DATA_DIR: join(dataDir, "unused"),
    CLICKHOUSE_URL: endpoint.url,
    ADOBE_WEBHOOK: "on",
    ADOBE_PUBLIC_KEY_ORIGIN: simulator.origin,
    ALERT_WEBHOOK_URL: await openReceiver(),
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 5).toString("base64")}`,
    ALERT_ALLOW_PRIVATE: "true",
    LOG_LEVEL: "silent",
  };
  for (const name of NAMES) {
    const one = await createServiceProcess(env, [name.split("-")[0] as Role]);
    closers.push(() => one.kill());
    processes.set(name, one);
  }
  // all at once, on an empty database: migrations meet one another
  await Promise.all([...processes.values()].map((one) => one.start()));
  for (const name of ["ingest-1", "ingest-2"] as const) {
    await simulator.registerWebhook({ name, url: `${processOf(name).url}/v1/events/adobe`, batch: true });
  }
  const following = follow(processOf("api-2").url);
  closers.push(following);
  const submitter = openRecordedSubmitter({
    marketoUrl: simulator.marketoUrl,
    after202Url: processOf("api-1").url,
    rate: 20,
    seed: 5,
    speed: SPEED,
    scenarios: SCENARIOS,
  });
  closers.push(() => submitter.close(0));

  const starting: Promise<void>[] = [];
  for (const name of KILLED) {
    const before = submitter.counters.accepted;
    await until(
      `there is load for ${name} to be killed under`,
      () => submitter.counters.accepted > before + 20,
    );
    await processOf(name).kill();
    starting.push(processOf(name).start());
  }
  await Promise.all(starting);
  expect(await submitter.close(20_000)).toBe(0);
  submitted = submitter.counters.submitted;
  balance = (url) => expectBalance(simulator, url, submitted);
  await until("the simulator is quiet", () => simulator.summary().idle, { timeoutMs: 40_000 });
  truth = simulator.truth();
}, 120_000);

afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function openReceiver(): Promise<string> {
  const server = createServer(async (request, response) => {
    told.push((await json(request)) as AlertPayload);
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

/** @returns what ends it */
function follow(url: string): () => Promise<void> {
  const ending = new AbortController();
  const following = (async () => {
    const response = await fetch(`${url}/v1/live`, { signal: ending.signal });
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (const [, id] of text.matchAll(/"requestId":"([^"]+)"/g)) if (id !== undefined) heard.add(id);
      text = text.slice(text.lastIndexOf("\n") + 1);
    }
  })().catch(() => undefined);
  return async () => {
    ending.abort();
    await following;
  };
}

describe("five processes on one store, of which three were killed", () => {
  it("lose nothing and count nothing twice", async () => {
    expect(submitted).toBeGreaterThan(60);
    await balance(processOf("api-1").url);
  });

  it("give the same answers, whichever of them is asked", async () => {
    const answers = await Promise.all(NAMES.map((name) => serviceApi(processOf(name).url).list()));
    const [first = []] = answers;
    const states = (all: typeof first): string[] => all.map((one) => `${one.requestId} ${one.state}`).sort();
    expect(first.length).toBeGreaterThanOrEqual(truth.length);
    for (const answer of answers) expect(states(answer)).toEqual(states(first));
  });

  it("tell a follower of one process of what the others have stored", async () => {
    const known = truth.map((row) => row.requestId);
    await until("it has heard of every request", () => known.every((requestId) => heard.has(requestId)));
  });

  it("tell of every link retry that ran out, by the one that alerts, though it was killed", async () => {
    const exhausted = truth.filter((row) => row.outcome === "exhausted").length;
    expect(exhausted).toBeGreaterThan(0);
    const latest = (): AlertPayload | undefined =>
      told.findLast((one) => one.type === "link-retry-exhausted" && one.status === "firing");
    await until("the hook is told of exhausted requests", () => latest() !== undefined, {
      timeoutMs: 40_000,
    });
    const api = serviceApi(processOf("alerts").url);
    await until("the alerts name all of them", async () => {
      interface Alerts {
        items: { requests: { count: number } }[];
      }
      const { body } = await api.get<Alerts>("/v1/alerts?rule=link-retry-exhausted");
      return body.items.reduce((sum, one) => sum + one.requests.count, 0) === exhausted;
    });
    const { body } = await api.get<{ parts: { alerts: string } }>("/readyz");
    expect(body.parts.alerts).toBe("leading");
  });

  it("run alerting in one process only", async () => {
    const { body } = await serviceApi(processOf("api-1").url).get("/readyz");
    expect(body).toEqual({ status: "ready", parts: { store: "up" } });
  });
});
