/**
 * Two processes with the role alerts on one ClickHouse: two stores over HTTP, two engines, two outboxes, one receiver.
 */
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Alerting, openAlerting } from "../../src/alerting.ts";
import type { LeaseTiming } from "../../src/alerts/lease.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import type { AlertPayload } from "../../src/core/alert-ports.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { createMissingPersonsReader } from "../../src/core/missing-persons.ts";
import { createLedger } from "../../src/core/ledger.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { until } from "../e2e/until.ts";
import { listLogger } from "../pipeline/test-clock.ts";
import { type ClickHouseEndpoint, openClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { FakeReceiver } from "./hooks/fake-receiver.ts";

const SPEED = 720;
const TIMING: LeaseTiming = { renewMs: 200, holdMs: 1_200, lapseMs: 2_500, settleMs: 400 };
const SETTINGS = new Map([["", lifecycleSettings()]]);

interface Process {
  readonly store: Store;
  readonly alerting: Alerting;
  /** Its claims do not reach the store any more. */
  isCutOff: boolean;
  stop(): Promise<void>;
}

let endpoint: ClickHouseEndpoint;
let receiver: FakeReceiver;
let processes: Process[];
let bothLed: boolean;
let watch: NodeJS.Timeout;

beforeEach(async () => {
  endpoint = await openClickHouseEndpoint();
  receiver = await FakeReceiver.open();
  processes = [];
  bothLed = false;
  watch = setInterval(() => (bothLed ||= leaders().length > 1), 1);
});
afterEach(async () => {
  clearInterval(watch);
  await Promise.all(processes.map((one) => one.stop()));
  for (const { store } of processes) await store.close();
  await receiver.close();
  await endpoint.close();
});

const leaders = (): Process[] => processes.filter(({ alerting }) => alerting.leads());

/** @param evaluates false: it only answers */
async function start(evaluates = true): Promise<Process> {
  const config = loadConfig({
    CLICKHOUSE_URL: endpoint.url,
    RETRY_SPEED: String(SPEED),
    ALERT_WEBHOOK_URL: receiver.url,
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 3).toString("base64")}`,
    ALERT_ALLOW_PRIVATE: "true",
  });
  const options = { database: "after202", dataDir: "unused", retentionDays: 400, rawRetentionDays: 30 };
  const store = await openStore({ ...options, url: endpoint.url });
  await store.saveFoldSettings(SETTINGS, 1);
  const ledger = createLedger(store, SETTINGS, systemClock);
  const reach = <A extends unknown[], R>(ask: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => (one.isCutOff ? Promise.reject(new Error("cut off")) : ask(...args));
  };
  const alerting = await openAlerting({
    store: {
      ...store,
      alertingClaims: reach(store.alertingClaims),
      renewAlerting: reach(store.renewAlerting),
      claimAlerting: reach(store.claimAlerting),
    },
    shared: true,
    evaluates,
    leaseTiming: TIMING,
    config: config.alerts,
    settings: SETTINGS,
    ledger,
    persons: createMissingPersonsReader(store, ledger),
    speed: SPEED,
    clock: systemClock,
    logger: listLogger(),
    registry: new Registry(),
    coveredUntil: (now) => Promise.resolve(now),
    baseUrl: () => "http://127.0.0.1",
  });
  const stopping = new AbortController();
  const running = alerting.run(stopping.signal);
  const one: Process = {
    store,
    alerting,
    isCutOff: false,
    async stop() {
      stopping.abort();
      await running;
    },
  };
  processes.push(one);
  return one;
}

/** One alert each, as soon as somebody looks. */
async function reject(...objectNames: readonly string[]): Promise<void> {
  const facts = objectNames.map((objectName) =>
    submissionFact({
      submissionId: `s-${objectName}`,
      requestId: `r-${objectName}`,
      target: "marketo",
      instance: "123-ABC-456",
      objectType: "customObject",
      objectName,
      operation: "upsert",
      records: 1,
      submittedAt: new Date().toISOString(),
      httpStatus: 400,
      errorCode: "4000802",
    }),
  );
  const nothing = { events: [], metrics: [], statuses: [], deadLetters: [], sightings: [], linkKeys: [] };
  await processes[0]?.store.append({ facts, ...nothing });
}

/** Objects whose beginning was told, in order; as often as it was. */
const told = (): string[] =>
  (receiver.bodies as AlertPayload[])
    .filter(({ status }) => status === "firing")
    .map(({ group }) => group.objectName ?? "")
    .toSorted();
const ids = (): string[] => receiver.received.map(({ headers }) => headers["webhook-id"] ?? "");

it("of two that start at once one runs alerting; the other takes over at once when that ends, and tells only what is new", async () => {
  const [first, second] = await Promise.all([start(), start()]);
  await until("one leads", () => leaders().length === 1);
  const leader = leaders()[0] as Process;
  const other = leader === first ? second : first;
  await reject("a", "b");
  await until("both alerts are told", () => told().length >= 2);
  const [alert] = await leader.store.listAlerts({}, 1, undefined);
  const alertId = alert?.alertId ?? "";
  for (const asked of [other, await start(false)]) {
    const by = asked === other ? "who stands by" : "who only answers";
    expect(await asked.alerting.acknowledge(alertId, by, "on it")).toMatchObject({ acknowledgedBy: by });
    expect(await leader.store.findAlert(alertId)).toMatchObject({ acknowledgedBy: by });
    expect(await asked.alerting.acknowledge("none", by, "")).toBeUndefined();
  }
  expect(await leader.store.alertHistory(alertId, 10)).toMatchObject([
    { what: "firing" },
    { what: "notified" },
    { what: "acknowledged", reason: "by who stands by: on it" },
    { what: "acknowledged", reason: "by who only answers: on it" },
  ]);

  const stoppedAt = Date.now();
  await leader.stop();
  await until("the other leads", () => other.alerting.leads());
  expect(Date.now() - stoppedAt).toBeLessThan(TIMING.lapseMs);
  await reject("c");
  await until("the third is told", () => told().includes("c"));
  expect(told()).toEqual(["a", "b", "c"]);
  expect(new Set(ids()).size).toBe(ids().length);
  expect(bothLed).toBe(false);
});

it("one that cannot renew its claim stops before another takes over, and comes back as the last in line", async () => {
  const first = await start();
  await until("it leads", () => first.alerting.leads());
  const second = await start();
  await reject("a");
  await until("the alert is told", () => told().length === 1);
  first.isCutOff = true;
  await until("it has stopped", () => !first.alerting.leads());
  expect(second.alerting.leads()).toBe(false);
  await until("the other leads", () => second.alerting.leads());
  first.isCutOff = false;
  await reject("b");
  await until("the next is told", () => told().includes("b"));
  await until("it has claimed again, behind", async () => {
    return (await second.store.alertingClaims(TIMING.lapseMs)).length === 2;
  });
  expect(leaders()).toEqual([second]);
  expect(told()).toEqual(["a", "b"]);
  expect(bothLed).toBe(false);
});
