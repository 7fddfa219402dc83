import { expect, it, onTestFinished, vi } from "vitest";
import { openRecordedCalls } from "../../src/cli/recorded-calls.ts";
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { createRandom } from "../../src/simulator/random.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { playBackfill } from "../../src/simulator/submitter/backfill.ts";
import { openDataCloud } from "../../src/simulator/submitter/data-cloud.ts";
import { runCli } from "../cli/run-cli.ts";
import { openService, QUIET, type Service, SERVICE_STORES } from "./service.ts";
import { until } from "./until.ts";

vi.setConfig({ testTimeout: 90_000 });

/** A minute in a tenth of a second. */
const SPEED = 600;
const CORRELATION = "backfill-90d/2026-11-22";

/** 90 days in six files of 150 MB, a thousandth of that here; the second job fails and is made again. */
const PLAN = {
  correlationId: CORRELATION,
  object: "Orders",
  chunks: 6,
  chunksPerJob: 2,
  rows: 1_500,
  bytes: 150_000,
  streamed: 3,
  directives: [{}, { fail: true, retries: 2 }, {}, { problems: { INVALID_DATE: 12 } }],
};

async function open(
  store: (typeof SERVICE_STORES)[number],
): Promise<{ simulator: Simulator; service: Service }> {
  const simulator = await openSimulator({
    speed: SPEED,
    observability: { metricsMs: 0, statusMs: 0 },
    salesforce: { maxFileBytes: 160_000 },
  });
  onTestFinished(() => simulator.close());
  const service = await openService(
    store,
    {
      ...QUIET,
      LOG_LEVEL: "silent",
      RETRY_SPEED: String(SPEED),
      SALESFORCE_LOGIN_URL: simulator.salesforceUrl,
      SALESFORCE_CLIENT_ID: SIMULATED.salesforceClientId,
      SALESFORCE_USERNAME: SIMULATED.salesforceUsername,
      SALESFORCE_PRIVATE_KEY: simulator.salesforcePrivateKey(),
    },
    {},
    "salesforce: {problemRecords: [{object: Orders, table: PR_Orders__dll, timeColumn: recorded_at__c}]}",
  );
  onTestFinished(() => service.close());
  return { simulator, service };
}

/** Plays the plan, with the recorder around each call. */
async function play(simulator: Simulator, service: Service): Promise<void> {
  const random = createRandom(7);
  const calls = openRecordedCalls(service.url, undefined, simulator.salesforceUrl);
  const cloud = openDataCloud({
    salesforceUrl: simulator.salesforceUrl,
    token: SIMULATED.salesforceToken,
    call: calls.call,
    timeoutMs: 10_000,
    newSubmissionId: () => random.uuid(),
  });
  const { signal } = new AbortController();
  await playBackfill(PLAN, { cloud, random, signal, scale: (ms) => ms / SPEED });
  expect(await calls.close()).toBe(0);
}

it.each(SERVICE_STORES)("a backfill of 90 days, then streaming, is one story: %s", async (store) => {
  const { simulator, service } = await open(store);
  await play(simulator, service);
  const rollup = () => service.api.correlation(CORRELATION);
  await until("everything is settled and counted", async () => {
    const { settled, records } = await rollup();
    return settled && records.failed["INVALID_DATE"] === 12;
  });

  expect(await rollup()).toMatchObject({
    requests: { total: 7, byState: { succeeded: 2, failed: 1, partially_failed: 1, accepted: 3 } },
    unverifiable: { requests: 3, records: 3 },
    backfill: {
      jobs: { known: 4, complete: 3, lost: 1, underWay: 0 },
      files: { uploaded: 8, done: 6, planned: 6 },
      rows: { uploaded: 12_000, done: 9_000, failed: 12 },
      retries: 2,
      estimatedEndAt: null,
    },
    records: { outstanding: 0 },
  });
  const told = await service.api.list();
  for (const row of simulator.truth()) {
    const one = told.find(({ requestId }) => requestId === row.requestId);
    expect(one).toMatchObject({ state: row.outcome, records: { expected: row.records, failed: row.failed } });
  }

  const status = await runCli(["status", CORRELATION], { env: { AFTER202_URL: service.url } });
  expect(status.code).toBe(1);
  const said = status.stdout.replaceAll(/\s+/g, " ");
  expect(said).toContain("6 of 6 files loaded (8,988 rows, ");
  expect(said).toContain("3 records in 3 streaming requests");
  const [streamed] = (
    await service.api.get<{ items: LifecycleJson[] }>(
      `/v1/correlations/${encodeURIComponent(CORRELATION)}?requests=true`,
    )
  ).body.items.filter(({ verifiable }) => !verifiable);
  expect(streamed).toMatchObject({ state: "accepted", terminal: false });
  const failed = told.find(({ state }) => state === "failed") as LifecycleJson;
  expect(failed.timeline.findLast(({ type }) => type === "job")).toMatchObject({
    jobState: "Failed",
    retries: 2,
  });

  await until("the alert fires", async () => {
    const { body } = await service.api.get<{ items: { type: string; status: string }[] }>("/v1/alerts");
    return body.items.some((one) => one.type === "bulk-job-failed" && one.status === "firing");
  });
  const { body: alerts } = await service.api.get<{ items: { type: string }[] }>("/v1/alerts");
  expect([...new Set(alerts.items.map(({ type }) => type))]).toEqual(["bulk-job-failed"]);
});

it("while it runs, says how far it is and when it may end", async () => {
  const { simulator, service } = await open("embedded");
  const playing = play(simulator, service);
  await until("the end is estimated", async () => {
    const { backfill, settled } = await service.api.correlation(CORRELATION);
    return !settled && (backfill?.jobs.complete ?? 0) > 0 && backfill?.estimatedEndAt !== null;
  });
  const { body } = await service.api.get<{ sources: { name: string; path: string; fault: string | null }[] }>(
    "/v1/stream",
  );
  expect(body.sources.map(({ name, path, fault }) => ({ name, path, fault }))).toEqual([
    { name: "salesforce-jobs", path: "poll", fault: null },
    { name: "salesforce-problems", path: "poll", fault: null },
  ]);
  await playing;
});
