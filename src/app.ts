/**
 * The application: the only place that wires the parts together.
 *
 * Opened in the order store → pipeline → API → sources, closed in the reverse, so that nothing that was acknowledged
 * is ever without its store.
 */
import { setMaxListeners } from "node:events";
import { pino, type Logger as PinoLogger } from "pino";
import { openAlerting } from "./alerting.ts";
import { openApi } from "./api/server.ts";
import { systemClock } from "./clock.ts";
import { type Config, type JournalConfig, type Role, ROLES } from "./config.ts";
import { After202Error } from "./core/errors.ts";
import { LONGEST_SILENCE_MS } from "./core/coverage.ts";
import { createLedger } from "./core/ledger.ts";
import { createMissingPersonsReader } from "./core/missing-persons.ts";
import type { Intake, Source, SourceStatus } from "./core/ports.ts";
import { openPipeline } from "./pipeline/pipeline.ts";
import { relaySources } from "./relays.ts";
import { openRepairing } from "./repairing.ts";
import type { SalesforceConfig } from "./salesforce-config.ts";
import { createServiceMetrics } from "./service-metrics.ts";
import { createImsToken } from "./sources/ims-token.ts";
import { createReadableJournal } from "./sources/backfill.ts";
import { createJournalSource, type JournalOptions } from "./sources/journal.ts";
import { createSalesforceApi } from "./sources/salesforce-api.ts";
import { createSalesforceJobs } from "./sources/salesforce-jobs.ts";
import { createSalesforceProblems } from "./sources/salesforce-problems.ts";
import { createSalesforceToken } from "./sources/salesforce-token.ts";
import { createWebhookSource } from "./sources/webhook.ts";
import { openStore, type Store } from "./store/store.ts";
import { openToldSources } from "./told-sources.ts";
import { openTracing } from "./tracing.ts";
import { loadVersion } from "./version.ts";

export interface App {
  /** Where it listens, with the port that was taken. */
  readonly url: string;
  readonly store: Store;
  /** Takes nothing more, stores what was taken, and ends. */
  close(): Promise<void>;
}

export interface AppOptions {
  readonly roles?: readonly Role[];
  readonly logger?: PinoLogger;
  /** Ends the wait for a store that does not answer yet. */
  readonly signal?: AbortSignal;
  /** One more origin that may ask for a webhook's validation: the simulator's. */
  readonly validationOrigin?: string;
}

/** @throws After202Error DATA_DIR_LOCKED, PORT_IN_USE, SCHEMA_NEWER, MIGRATION_CHANGED, MIGRATION_FAILED */
export async function openApp(config: Config, options: AppOptions = {}): Promise<App> {
  const { roles = ROLES, logger = createLogger(config.logLevel) } = options;
  const store = await openPatiently(config, logger, options.signal);
  const closers: (() => Promise<void>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  try {
    await store.saveFoldSettings(config.lifecycle, systemClock.now());
    const version = loadVersion();
    const metrics = createServiceMetrics(version);
    const pipeline = openPipeline({
      store,
      clock: systemClock,
      logger: logger.child({ part: "pipeline" }),
      observer: metrics.observer,
      rawBodies: config.rawEvents,
    });
    closers.push(() => pipeline.close());

    const isIngesting = roles.includes("ingest");
    const speed = config.values.RETRY_SPEED ?? 1;
    const access = isIngesting
      ? config.journals.map((journal) => journalAccess(journal, speed, pipeline, store, logger))
      : [];
    const journals = access.map(createJournalSource);
    const repairer = openRepairing({
      journals: access.map(createReadableJournal),
      store,
      speed,
      clock: systemClock,
      logger: logger.child({ part: "repair" }),
      registry: metrics.registry,
    });
    const sources: Source[] = [
      ...journals,
      ...(isIngesting ? relaySources(config.relays, pipeline, store, logger) : []),
      ...(isIngesting && config.salesforce !== undefined
        ? salesforceSources(config, config.salesforce, pipeline, store, logger)
        : []),
    ];
    const webhook =
      config.webhook === undefined
        ? undefined
        : createWebhookSource({
            name: "webhook",
            intake: pipeline,
            clock: systemClock,
            logger: logger.child({ part: "webhook" }),
            signatureRequired: true,
            publicKeyOrigin: config.webhook.publicKeyOrigin,
            ...(config.webhook.clientId !== undefined && { clientId: config.webhook.clientId }),
            ...(options.validationOrigin !== undefined && { validationOrigin: options.validationOrigin }),
          });
    const statuses = (): SourceStatus[] => [
      ...sources.map((source) => source.status()),
      ...(webhook === undefined ? [] : [webhook.status()]),
    ];
    metrics.watchSources(statuses);
    const shared = config.values.CLICKHOUSE_URL !== undefined;
    const told = openToldSources({ store, shared, own: statuses, clock: systemClock, logger });

    const ledger = createLedger(store, config.lifecycle, systemClock);
    const persons = createMissingPersonsReader(store, ledger);

    let url = "";
    const coveredUntil = await coverage(store, journals, speed);
    const evaluates = roles.includes("alerts");
    const alerting = await openAlerting({
      store,
      shared,
      evaluates,
      config: config.alerts,
      settings: config.lifecycle,
      ledger,
      persons,
      speed,
      clock: systemClock,
      logger: logger.child({ part: "alerts" }),
      registry: metrics.registry,
      coveredUntil,
      beside: evaluates
        ? openTracing({
            store,
            config,
            clock: systemClock,
            logger: logger.child({ part: "traces" }),
            registry: metrics.registry,
            coveredUntil,
            version,
          })
        : undefined,
      baseUrl: () => config.values.PUBLIC_URL ?? url,
    });

    const api = await openApi({
      arrivals: store,
      ledger,
      unhurriedLedger: createLedger(store.unhurried, config.lifecycle, systemClock),
      persons,
      intake: pipeline,
      changes: pipeline,
      stream: store,
      traffic: store,
      repairs: {
        repairRuns: store.repairRuns,
        findRepair: store.findRepair,
        ask: (since, source) => repairer.ask(since, source),
      },
      speed,
      deadLetters: store,
      history: store,
      keys: store,
      health: store,
      sources: () => told.all(),
      alerts: { store, ...alerting },
      webhook: webhook && {
        challenge: (query) => {
          if (query["challenge"] === undefined) return undefined;
          const { status, body, headers } = webhook.challenge(query);
          return { status, body, contentType: headers["content-type"] ?? "text/plain" };
        },
        receive: (headers, rawBody) => webhook.receive(headers, rawBody),
      },
      registry: metrics.registry,
      clock: systemClock,
      logger: logger.child({ part: "api" }),
      auth: config.auth,
      adminKey: config.adminKey,
      readKey: config.readKey,
      version,
      roles,
    });
    closers.push(() => api.close());
    url = await listen(api, config);

    const stopping = new AbortController();
    setMaxListeners(0, stopping.signal); // every part that runs listens to it
    const running = Promise.all([
      ...sources.map((source) => runSource(source, stopping.signal, logger)),
      alerting.run(stopping.signal),
      told.run(stopping.signal),
      access.length > 0 ? repairer.run(stopping.signal) : undefined,
    ]);
    closers.push(async () => {
      stopping.abort();
      await running;
    });
    logger.info({ url, roles, store: config.values.CLICKHOUSE_URL ?? config.dataDir }, "after202 is ready");
    return { url, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function createLogger(level: Config["logLevel"]): PinoLogger {
  return pino({ level, base: null, redact: ["*.authorization", "*.clientSecret", "*.password"] });
}

export function storeOptions(config: Config) {
  const { values } = config;
  return {
    url: values.CLICKHOUSE_URL,
    user: values.CLICKHOUSE_USER,
    password: values.CLICKHOUSE_PASSWORD,
    database: values.CLICKHOUSE_DATABASE ?? "after202",
    cluster: values.CLICKHOUSE_CLUSTER,
    dataDir: config.dataDir,
    retentionDays: config.retentionDays,
    rawRetentionDays: config.rawRetentionDays,
  };
}

/** How long Adobe waits at most between two attempts of a webhook: so long after a start some may still be missing. */
const WEBHOOK_PAUSE_MS = 16 * 60_000;

/**
 * Up to when the stream has been read: what the slowest journal says; of other processes' journals, what their cursors
 * say. Without a journal only webhooks and relays bring events: after a start they are given time to come again.
 */
async function coverage(
  store: Store,
  journals: readonly Source[],
  speed: number,
): Promise<(now: number) => Promise<number>> {
  const startedAt = systemClock.now();
  const lastFactAt = await store.lastFactAt();
  return async (now) => {
    if (journals.length > 0) {
      return Math.min(...journals.map((source) => source.status().coveredUntil ?? 0));
    }
    const cursors = await store.journalCursors();
    if (cursors.length > 0)
      return Math.min(...cursors.map((one) => one.coveredUntil ?? one.lastEventAt ?? 0));
    const waiting = now < startedAt + WEBHOOK_PAUSE_MS / speed;
    return waiting && lastFactAt !== undefined ? Math.min(now, lastFactAt) : now;
  };
}

const OPEN_AGAIN_MS = 2_000;

/** A server that does not answer yet is waited for: it may be starting beside us. */
async function openPatiently(config: Config, logger: PinoLogger, signal?: AbortSignal): Promise<Store> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await openStore(storeOptions(config));
    } catch (error) {
      const wait =
        error instanceof After202Error && error.retryable && config.values.CLICKHOUSE_URL !== undefined;
      if (!wait) throw error;
      if (tries === 0) logger.warn({ err: error }, "ClickHouse does not answer yet; waiting for it");
      await systemClock.sleep(OPEN_AGAIN_MS, signal);
    }
  }
}

/** The way to a journal: for the source that reads it as it goes on, and for reading it again. */
function journalAccess(
  journal: JournalConfig,
  speed: number,
  intake: Intake,
  store: Store,
  logger: PinoLogger,
): JournalOptions {
  return {
    name: journal.name,
    url: journal.url,
    clientId: journal.clientId,
    orgId: journal.orgId,
    token: createImsToken({
      url: journal.imsUrl,
      clientId: journal.clientId,
      clientSecret: journal.clientSecret,
      scopes: journal.scopes.split(",").map((scope) => scope.trim()),
      clock: systemClock,
    }),
    intake,
    cursors: store,
    clock: systemClock,
    logger: logger.child({ part: journal.name }),
    longestSilenceMs: LONGEST_SILENCE_MS / speed,
  };
}

function salesforceSources(
  config: Config,
  access: SalesforceConfig,
  intake: Intake,
  store: Store,
  logger: PinoLogger,
): Source[] {
  const token = createSalesforceToken({ ...access, clock: systemClock });
  const common = {
    api: createSalesforceApi({ token, clock: systemClock }),
    instance: async (signal: AbortSignal) => new URL((await token.get(signal)).origin).host,
    jobs: store,
    intake,
    clock: systemClock,
    logger: logger.child({ part: "salesforce" }),
    speed: config.values.RETRY_SPEED ?? 1,
  };
  const jobs = createSalesforceJobs({ ...common, name: "salesforce-jobs", discover: access.discover });
  const tables = access.problemTables;
  if (tables.length === 0) return [jobs];
  return [jobs, createSalesforceProblems({ ...common, name: "salesforce-problems", tables })];
}

/** A source ends only when told to; if a fault of its own ends it, the others go on and the log says so. */
async function runSource(source: Source, signal: AbortSignal, logger: PinoLogger): Promise<void> {
  try {
    await source.run(signal);
  } catch (err) {
    if (!signal.aborted)
      logger.error({ err, source: source.name }, "a source has ended by a fault of its own");
  }
}

async function listen(
  api: { listen(options: { host: string; port: number }): Promise<string> },
  config: Config,
): Promise<string> {
  try {
    return await api.listen({ host: config.host, port: config.port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    const message = `Port ${config.port} on ${config.host} is taken: stop what listens there, or set PORT.`;
    throw new After202Error("PORT_IN_USE", message, { cause });
  }
}
