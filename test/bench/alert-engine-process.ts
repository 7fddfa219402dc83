/**
 * The alert engine over a store, in a process of its own, on a clock that the benchmark turns.
 *
 * Its cursors stand where the benchmark says, so that a tick sweeps exactly the band between two times.
 */
import { openAlertEngine, type AlertEngine } from "../../src/alerts/engine.ts";
import { missingPersonsOf } from "../../src/alerts/missing-persons.ts";
import { createOutbox } from "../../src/alerts/outbox.ts";
import { alertPayload } from "../../src/alerts/payload.ts";
import { REQUEST_RULES } from "../../src/alerts/rules/request-rules.ts";
import { DEFAULT_THRESHOLDS } from "../../src/alerts/thresholds.ts";
import type { Alert } from "../../src/core/alert.ts";
import { createLedger } from "../../src/core/ledger.ts";
import { createMissingPersonsReader } from "../../src/core/missing-persons.ts";
import { lifecycleSettings, type SettingsByInstance } from "../../src/core/lifecycle-settings.ts";
import type { Clock, Logger } from "../../src/core/ports.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { openStore } from "../../src/store/store.ts";
import type { SilentRequests, Ticked } from "./alert-engine.ts";
import { answerParent } from "./child-answers.ts";

const SETTINGS: SettingsByInstance = new Map([["", lifecycleSettings()]]);
const FACTS_PER_APPEND = 20_000;

const store = await openStore({
  database: "after202",
  dataDir: process.env["DATA_DIR"] ?? "",
  retentionDays: 400,
  rawRetentionDays: 30,
});
await store.saveFoldSettings(SETTINGS, Date.now());

let now = 0;
let told: Alert[] = [];
let engine: AlertEngine;
const clock: Clock = { now: () => now, sleep: () => new Promise(() => {}) };
const logger: Logger = { debug() {}, info() {}, warn() {}, error: console.error };
const outbox = createOutbox({
  store,
  hooks: [{ name: "nobody", deliver: () => Promise.resolve({ kind: "delivered" }) }],
  clock,
  logger,
});

const ledger = createLedger(store, SETTINGS, clock);
const persons = createMissingPersonsReader(store, ledger);

/** Everything that was due until `at` counts as swept. */
async function begin(at: number): Promise<void> {
  now = at;
  engine = await openAlertEngine({
    store: {
      ...store,
      loadSweepCursor: (name) => Promise.resolve(at - (Number(name.split(" ").at(-1)) || 0)),
      saveSweepCursor: () => Promise.resolve(),
    },
    ledgerAt: (asOf) => createLedger(store, SETTINGS, { ...clock, now: asOf }),
    settings: SETTINGS,
    thresholds: DEFAULT_THRESHOLDS,
    timing: { groupWaitMs: 0, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 },
    requestRules: REQUEST_RULES,
    streamRules: [],
    streamRuleIntervalMs: Infinity,
    coveredUntil: (asked) => Promise.resolve(asked),
    async notify(alert) {
      await outbox.enqueue(alert, alertPayload(alert, { base: "http://127.0.0.1" }), now);
      told.push(alert);
    },
    missingPersons: ({ alertId }) => missingPersonsOf({ store, ledger, persons, clock }, alertId),
    clock,
    logger,
  });
  await engine.tick();
}

async function tick(at: number): Promise<Ticked> {
  now = at;
  told = [];
  const began = performance.now();
  const { evaluated } = await engine.tick();
  const ms = performance.now() - began;
  return {
    ms,
    evaluated,
    told: told.map(({ rule, group, requests }) => ({
      rule,
      objectName: group.objectName,
      requests: requests.count,
    })),
  };
}

/** Requests with a link field that nobody ever hears of again. */
async function append({ count, objectName, since, until }: SilentRequests): Promise<void> {
  const facts = Array.from({ length: count }, (_, i) =>
    submissionFact({
      submissionId: `${objectName}-${since}-${i}-s`,
      requestId: `${objectName}-${since}-${i}`,
      target: "marketo",
      instance: "100-ABC-456",
      objectType: "customObject",
      objectName,
      operation: "upsert",
      records: 100,
      submittedAt: new Date(since + Math.floor((i * (until - since)) / count)).toISOString(),
      httpStatus: 202,
      linkField: "email",
    }),
  );
  for (let from = 0; from < facts.length; from += FACTS_PER_APPEND) {
    const part = facts.slice(from, from + FACTS_PER_APPEND);
    await store.append({
      facts: part,
      events: [],
      metrics: [],
      statuses: [],
      deadLetters: [],
      sightings: [],
      linkKeys: [],
    });
  }
}

/** A service that opens the store next is not to go on with what was told of here. */
async function close(): Promise<void> {
  for (const table of ["alerts", "alert_members", "alert_sums", "alert_events", "deliveries", "arrivals"]) {
    await store.client.command(`TRUNCATE TABLE ${table}`);
  }
  await store.close();
}

answerParent({ begin, tick, append }, close);
