import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import { environmentOf, openService } from "../e2e/service.ts";
import type { ServiceApi } from "../e2e/service-api.ts";
import { until } from "../e2e/until.ts";
import type { ClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { expectBalance } from "./books.ts";
import { STORM } from "./storm.ts";

/** 65 minutes of link window pass in 13 s; Adobe's first redelivery comes after 0.2 s, its longest pause is 3 s. */
const SPEED = 300;

interface Outage {
  readonly name: string;
  begin(endpoint: ClickHouseEndpoint): Promise<unknown>;
  end(endpoint: ClickHouseEndpoint): Promise<unknown>;
  /** Whether nothing can be stored meanwhile; else it only takes longer. */
  readonly away: boolean;
}

const OUTAGES: readonly Outage[] = [
  { name: "killed", away: true, begin: (it) => it.kill(), end: (it) => it.restart() },
  {
    name: "refusing",
    away: true,
    begin: (it) => it.control({ failNext: 1_000_000, failStatus: 503 }),
    end: (it) => it.control({ failNext: 0 }),
  },
  {
    name: "overloaded",
    away: true,
    begin: (it) =>
      it.control({
        failNext: 1_000_000,
        failStatus: 500,
        failBody: "Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)",
      }),
    end: (it) => it.control({ failNext: 0 }),
  },
  {
    name: "losing answers",
    away: false,
    begin: (it) => it.control({ loseNext: 12 }),
    end: (it) => it.control({ loseNext: 0 }),
  },
  {
    name: "slow",
    away: false,
    begin: (it) => it.control({ delayMs: 250 }),
    end: (it) => it.control({ delayMs: 0 }),
  },
  {
    name: "frozen",
    away: false,
    begin: (it) => it.control({ frozen: true }),
    end: (it) => it.control({ frozen: false }),
  },
  { name: "killed again", away: true, begin: (it) => it.kill(), end: (it) => it.restart() },
];

it("loses nothing of what it acknowledged while its store is killed, failing, slow or frozen", async () => {
  const simulator = await openSimulator({ speed: SPEED, seed: 11, faults: STORM });
  const service = await openService("server over HTTP", {
    ...environmentOf(simulator),
    LOG_LEVEL: "silent",
    ADOBE_WEBHOOK: "on",
    ADOBE_PUBLIC_KEY_ORIGIN: simulator.origin,
  });
  const submitter = openRecordedSubmitter({
    marketoUrl: simulator.marketoUrl,
    after202Url: service.url,
    rate: 15,
    seed: 11,
    speed: SPEED,
  });
  onTestFinished(async () => {
    await submitter.close(0);
    await simulator.close();
    await service.close();
  });
  const { api, endpoint } = service;
  if (endpoint === undefined) throw new Error("this test needs an endpoint");
  expect(await simulator.registerWebhook({ url: `${service.url}/v1/events/adobe`, batch: true })).toBe(true);
  const webhook = () => simulator.summary().webhooks[0] ?? { retried: 0, delivered: 0, dropped: 0 };

  const acknowledged: string[] = [];
  for (const outage of OUTAGES) {
    const before = webhook();
    await outage.begin(endpoint);
    if (outage.away) {
      await until(`a submission is refused while the store is ${outage.name}`, async () => {
        const { status, headers } = await probe(api, acknowledged);
        if (status !== 503) return false;
        expect(headers.has("retry-after")).toBe(true);
        return true;
      });
      await until(
        `Adobe is asked to send again while the store is ${outage.name}`,
        () => webhook().retried > before.retried,
      );
      expect((await api.get("/healthz")).status).toBe(200);
      expect((await api.get("/readyz")).status).toBe(503);
    } else {
      await sleep(1_500); // the load goes on; how it ends is seen at the end
    }
    await outage.end(endpoint);
    await until(`a submission is taken after the store was ${outage.name}`, async () => {
      return (await probe(api, acknowledged)).status === 202;
    });
    await until("the webhook delivers again", () => webhook().delivered > before.delivered);
  }

  expect(await submitter.close(20_000)).toBe(0);
  expect(submitter.refused()).toBe(0);
  await expectBalance(simulator, service.url, submitter.counters.submitted);
  expect(webhook().dropped).toBe(0);
  expect(acknowledged.length).toBeGreaterThanOrEqual(OUTAGES.length);
  for (const id of acknowledged) expect(await api.lifecycle(id)).toMatchObject({ requestId: id });
}, 120_000);

/** Sends a submission of another instance's, and notes it down if it was acknowledged. */
async function probe(api: ServiceApi, acknowledged: string[]) {
  const requestId = `probe-${randomUUID()}`;
  const answer = await api.post("/v1/submissions", {
    submissionId: randomUUID(),
    requestId,
    httpStatus: 202,
    target: "marketo",
    instance: "555-PRO-BES",
    objectType: "person",
    operation: "upsert",
    records: 1,
    submittedAt: new Date().toISOString(),
  });
  if (answer.status === 202) acknowledged.push(requestId);
  return answer;
}
