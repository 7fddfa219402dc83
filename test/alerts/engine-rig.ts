/** An alert engine over a real store, on a clock that tests turn by hand. */
import { afterEach } from "vitest";
import { type AlertEngine, type EngineOptions, openAlertEngine } from "../../src/alerts/engine.ts";
import { missingPersonsOf } from "../../src/alerts/missing-persons.ts";
import { REQUEST_RULES } from "../../src/alerts/rules/request-rules.ts";
import { STREAM_RULES } from "../../src/alerts/rules/stream-rules.ts";
import { DEFAULT_THRESHOLDS } from "../../src/alerts/thresholds.ts";
import type { Alert } from "../../src/core/alert.ts";
import type { Fact } from "../../src/core/fact.ts";
import { createLedger } from "../../src/core/ledger.ts";
import { createMissingPersonsReader } from "../../src/core/missing-persons.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { Clock } from "../../src/core/ports.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { requestEntry, resultsEvent } from "../core/events.ts";
import { SETTINGS, STORE_PATHS, type StorePath } from "../store/store-paths.ts";
import { EMPTY_BATCH } from "../store/empty-batch.ts";

const MINUTE = 60_000;
export interface Rig {
  readonly path: StorePath;
  /** What hooks were told, in order. */
  readonly told: Alert[];
  readonly start: number;
  /** Minutes since `start`. */
  at(minutes: number): void;
  coveredUntil(minutes: number | undefined): void;
  append(facts: readonly Fact[]): Promise<void>;
  /** A tick, and one more for what the first has begun. */
  settle(): Promise<void>;
  restart(): Promise<void>;
  engine(): AlertEngine;
}

const open: StorePath[] = [];
afterEach(async () => {
  for (const path of open.splice(0)) await path.close();
});

/** @param minutesAgo when it began, by the machine's time: arrivals are stamped by the store, as of now */
export async function openRig(changes: Partial<EngineOptions> = {}, minutesAgo = 6 * 60): Promise<Rig> {
  const [embedded] = STORE_PATHS;
  if (embedded === undefined) throw new Error("no store");
  const path = await embedded.open();
  open.push(path);
  const start = Date.now() - minutesAgo * MINUTE;
  let now = start;
  let covered: number | undefined;
  const told: Alert[] = [];
  const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error("not asked for")) };
  const silent = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const ledger = createLedger(path.store, SETTINGS, clock);
  const persons = createMissingPersonsReader(path.store, ledger);
  const openEngine = (): Promise<AlertEngine> =>
    openAlertEngine({
      store: path.store,
      ledgerAt: (asOf) => createLedger(path.store, SETTINGS, { ...clock, now: asOf }),
      settings: SETTINGS,
      thresholds: DEFAULT_THRESHOLDS,
      timing: { groupWaitMs: 30_000, groupIntervalMs: 5 * MINUTE, repeatIntervalMs: 240 * MINUTE },
      requestRules: REQUEST_RULES,
      streamRules: STREAM_RULES,
      coveredUntil: () => Promise.resolve(covered ?? now),
      notify: async (alert) => void told.push(alert),
      missingPersons: ({ alertId }) =>
        missingPersonsOf({ store: path.store, ledger, persons, clock }, alertId),
      clock,
      logger: silent,
      ...changes,
    });
  let engine = await openEngine();
  return {
    path,
    told,
    start,
    at: (minutes) => (now = start + minutes * MINUTE),
    coveredUntil: (minutes) => (covered = minutes === undefined ? undefined : start + minutes * MINUTE),
    append: (facts) => path.store.append({ ...EMPTY_BATCH, facts }),
    async settle() {
      for (let ticks = 0; ticks < 2; ticks++) await engine.tick();
    },
    restart: async () => void (engine = await openEngine()),
    engine: () => engine,
  };
}

function quiet(): void {
  // what it logs is no part of these promises
}

/** Custom objects with a link field, submitted at `minutes`. */
export function linkedSubmissions(rig: Rig, count: number, minutes = 0, name = "r"): Fact[] {
  const submittedAt = new Date(rig.start + minutes * MINUTE).toISOString();
  return Array.from({ length: count }, (_, i) =>
    submissionFact({
      submissionId: `${name}-${i}-s`,
      requestId: `${name}-${i}`,
      target: "marketo",
      instance: "123-ABC-456",
      objectType: "customObject",
      objectName: "purchases",
      operation: "upsert",
      records: 100,
      submittedAt,
      httpStatus: 202,
      linkField: "email",
    }),
  );
}

export function resultsOf(
  rig: Rig,
  requestId: string,
  minutes: number,
  records: Record<string, unknown>,
): Fact[] {
  const time = new Date(rig.start + minutes * MINUTE).toISOString();
  const requestTime = new Date(rig.start).toISOString();
  const entry = requestEntry(requestId, { records, requestTime, objectType: "customObject" });
  return [...decodeEvent(resultsEvent(`${requestId}-${minutes}`, [entry], time)).facts];
}
