/**
 * The store as a whole: opened, migrated, and every question that the others ask of it.
 */
import type { AlertStore } from "../core/alert-ports.ts";
import type { CompletenessStore } from "../core/completeness-ports.ts";
import type { HourlyStore, TrafficReader } from "../core/hourly-ports.ts";
import type { SettingsByInstance } from "../core/lifecycle-settings.ts";
import type { DeadLetterStore } from "../core/dead-letter-ports.ts";
import type { EventHistory } from "../core/event-history.ts";
import type { LinkKeyReader } from "../core/link-ports.ts";
import type {
  ArrivalReader,
  CursorStore,
  FactReader,
  FactWriter,
  JobReader,
  KeyStore,
  StoreHealth,
  StreamReader,
} from "../core/ports.ts";
import type { TraceStore } from "../core/trace-ports.ts";
import type { RepairStore } from "../core/repair-ports.ts";
import type { SourceBoard } from "../core/source-ports.ts";
import { createAlertStore } from "./alert-store.ts";
import { createKeyStore } from "./api-keys.ts";
import { createFactWriter } from "./append.ts";
import { arrivalsAfter, arrivedBetween, lastArrivalAt } from "./arrivals.ts";
import { createJobReader, jobStarts } from "./bulk-jobs.ts";
import { createCompletenessStore } from "./completeness.ts";
import { openStoreClient, type StoreClient, type StoreSettings } from "./client.ts";
import { adoptionCandidates, requestsOfCorrelation } from "./correlation-index.ts";
import { coveredIntervals, recordedGaps } from "./coverage.ts";
import { createDeadLetterStore } from "./dead-letters.ts";
import { createEventHistory } from "./event-history.ts";
import { createHourlyStore } from "./hourly.ts";
import { createTrafficReader } from "./traffic.ts";
import { factsOf } from "./facts-of.ts";
import { gatherLookups } from "./gathered-lookups.ts";
import { saveFoldSettings } from "./fold-settings.ts";
import { linkStanding } from "./link-standing.ts";
import { linkWaits } from "./link-waits.ts";
import { listRequests } from "./list-requests.ts";
import { shortFactsOf } from "./short-facts.ts";
import { migrate, type MigrateResult } from "./migrate.ts";
import { pathReport } from "./path-report.ts";
import { createRepairBook } from "./repairs.ts";
import { silentIntervals } from "./silent-path.ts";
import { createUnansweredSubmissions, type UnansweredSubmissions } from "./unanswered-submissions.ts";
import { createSourceBoard } from "./told-sources.ts";
import { unreadGaps } from "./unread-gaps.ts";
import { createCursorStore, queueLags, streamReport } from "./stream-report.ts";

export interface StoreOptions extends StoreSettings {
  readonly retentionDays: number;
  readonly rawRetentionDays: number;
}

export interface Store
  extends
    FactWriter,
    FactReader,
    ArrivalReader,
    JobReader,
    LinkKeyReader,
    CursorStore,
    StreamReader,
    DeadLetterStore,
    EventHistory,
    KeyStore,
    StoreHealth,
    AlertStore,
    CompletenessStore,
    HourlyStore,
    TrafficReader,
    TraceStore,
    RepairStore,
    SourceBoard {
  readonly client: StoreClient;
  /** What is known of requests, for those who can wait: on the lane of long questions. */
  readonly unhurried: FactReader;
  /** What opening it changed in the schema. */
  readonly migrated: MigrateResult;
  /** Puts the fold's settings where its SQL form reads them. */
  saveFoldSettings(settings: SettingsByInstance, now: number): Promise<void>;
  /** When the newest fact was stored, epoch milliseconds, to the second; undefined for an empty store. */
  lastFactAt(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Of requests, in one statement each: more wait for one another, and go out together. */
const LOOKUPS_AT_ONCE = 2;
const FEW_IDS = 20;

/** @throws StoreError DATA_DIR_LOCKED, STORE_UNAVAILABLE, SCHEMA_NEWER, MIGRATION_CHANGED, MIGRATION_FAILED */
export async function openStore(options: StoreOptions): Promise<Store> {
  const client = await openStoreClient(options);
  let migrated: MigrateResult;
  try {
    migrated = await migrate(client, options);
  } catch (error) {
    await client.close();
    throw error;
  }
  const background = inBackground(client);
  const unanswered = createUnansweredSubmissions(client);
  return {
    client,
    migrated,
    ...createFactWriter(client, () => unanswered.changed()),
    ...createCursorStore(client),
    ...createDeadLetterStore(client),
    ...createKeyStore(client),
    ...createAlertStore(background),
    ...createCompletenessStore(background),
    ...createHourlyStore(background),
    ...createTrafficReader(background),
    ...createJobReader(background),
    ...createEventHistory(background),
    ...createRepairBook(client),
    ...createSourceBoard(client),
    recordedGaps: (since) => recordedGaps(client, since),
    coveredIntervals: () => coveredIntervals(client),
    silentIntervals: (since, until, seenBefore) => silentIntervals(background, since, until, seenBefore),
    ...createFactReader(client, unanswered),
    unhurried: createFactReader(background, unanswered),
    arrivalsAfter: (after, limit) => arrivalsAfter(background, after, limit),
    lastArrivalAt: () => lastArrivalAt(background),
    arrivedBetween: (since, until, share) => arrivedBetween(background, since, until, share),
    linkStanding: (requestIds) => linkStanding(client, requestIds),
    linkWaits: (instance, digests) => linkWaits(client, instance, digests),
    streamReport: (now) => streamReport(client, now),
    pathReport: (since, until) => pathReport(background, since, until),
    saveFoldSettings: (settings, now) => saveFoldSettings(client, settings, now),
    lastFactAt: async () => {
      const [row] = await client.query<{ last: number }>(
        "SELECT toUnixTimestamp(max(ingested_at)) AS last FROM facts",
      );
      return row === undefined || row.last === 0 ? undefined : row.last * 1_000;
    },
    ping: () => client.ping(),
    close: () => client.close(),
  };
}

function createFactReader(client: StoreClient, unanswered: UnansweredSubmissions): FactReader {
  const lookups = gatherLookups((ids) => factsOf(client, ids), LOOKUPS_AT_ONCE);
  return {
    factsOf: (requestIds) =>
      requestIds.length > FEW_IDS ? factsOf(client, requestIds) : lookups.ask(requestIds),
    shortFactsOf: (requestIds, since, until) => shortFactsOf(client, requestIds, since, until),
    adoptionCandidates: (correlationIds, windowMs) =>
      adoptionCandidates(client, unanswered, correlationIds, windowMs),
    requestsOfCorrelation: (correlationId, after, limit) =>
      requestsOfCorrelation(client, correlationId, after, limit),
    jobStarts: (objectNames, since, until) => jobStarts(client, objectNames, since, until),
    listRequests: (filter, after, limit) => listRequests(client, filter, after, limit),
    unreadGaps: (since) => unreadGaps(client, since),
    queueLags: (now) => queueLags(client, now),
  };
}

/** The same client with its questions on the lane of long ones: sweeps hold up no status by id. */
function inBackground(client: StoreClient): StoreClient {
  return {
    ...client,
    query: (sql, params, options) => client.query(sql, params, { ...options, background: true }),
  };
}
