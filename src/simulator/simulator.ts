/**
 * The simulator: a Marketo Data Ingestion API, its observability stream, Adobe I/O Events, a relay of them and a Salesforce
 * Data Cloud, on one loopback port.
 *
 * It speaks the real protocols over real sockets and keeps books of what really happened, against which an observer
 * can be judged. Everything it decides comes from its seed; its clock runs `speed` times faster than the wall.
 */
import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { addControlRoutes } from "./control-routes.ts";
import { createFaultPlan, type FaultPlan, type FaultsPatch } from "./faults.ts";
import { generateResultsEvents } from "./generated-events.ts";
import { addImsRoutes, createTokenIssuer } from "./ims-routes.ts";
import { createJournal, type Journal } from "./journal/journal.ts";
import { addJournalRoutes, JOURNAL_PATH } from "./journal/routes.ts";
import { createProcessor, type Processor } from "./marketo/processor.ts";
import { createQuota, type Quota } from "./marketo/quota.ts";
import { addMarketoRoutes } from "./marketo/routes.ts";
import { loadSettings, SIMULATED, type SimulatorOptions, type SimulatorSettings } from "./options.ts";
import { createRandom } from "./random.ts";
import { addRelay, SSE_PATH, WS_PATH } from "./relay/relay.ts";
import { addSalesforce } from "./salesforce/salesforce.ts";
import { createScheduler } from "./scheduler.ts";
import { RESULTS_TYPE, type StreamEvent } from "./stream/cloud-event.ts";
import { createObservability, type Observability } from "./stream/observability.ts";
import { createResultsOutbox } from "./stream/results-outbox.ts";
import { createStream } from "./stream/stream.ts";
import { summarize, type SimulatorSummary } from "./summary.ts";
import { createTruth, type TruthRow } from "./truth.ts";
import type { WebhookTarget } from "./webhook/registration.ts";
import { createWebhooks } from "./webhook/webhooks.ts";

export interface Simulator {
  /** Where everything is served, without a slash at the end. */
  readonly origin: string;
  /** Base of the Marketo API: `{origin}`; requests go to `/subscriptions/{munchkinId}/…` below it. */
  readonly marketoUrl: string;
  readonly imsUrl: string;
  /** The Salesforce org, and the tenant of its Data Cloud. */
  readonly salesforceUrl: string;
  /** PEM of the connected app that may log in to the org; made when first asked for. */
  salesforcePrivateKey(): string;
  /** The first journal; see `journalUrlOf` for others. */
  readonly journalUrl: string;
  /** The relay: Server-Sent Events, and a WebSocket that waits for acknowledgements. */
  readonly sseUrl: string;
  readonly websocketUrl: string;
  readonly settings: SimulatorSettings;
  journalUrlOf(registration: string): string;
  /** What became of every request, oldest first. */
  truth(): TruthRow[];
  summary(): SimulatorSummary;
  /** @throws {TypeError} naming an unknown fault */
  setFaults(patch: FaultsPatch): void;
  /** @returns whether the target passed the handshake */
  registerWebhook(target: WebhookTarget): Promise<boolean>;
  close(): Promise<void>;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Starts a simulator on 127.0.0.1; resolves when it listens.
 *
 * @throws {Error} EADDRINUSE when the port is taken
 */
export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = loadSettings(options);
  const random = createRandom(settings.seed);
  const scheduler = createScheduler(settings.speed);
  const faults = createFaultPlan(random.fork("faults"), options.faults);
  const truth = createTruth(settings.maxTruthRequests);
  const tokens = createTokenIssuer(settings.ims, random.fork("ims"));
  const stream = createStream({ faults, scheduler, random: random.fork("stream") });
  const journals = openJournals(settings, scheduler.scale(settings.journal.retentionMs), faults);
  for (const journal of journals.values()) stream.addReader(journal, "journal");

  const quotas = new Map<string, Quota>();
  const quotaOf = (instance: string): Quota => {
    const { requestsPerSecond, recordsPerDay } = settings.marketo;
    const quota =
      quotas.get(instance) ??
      createQuota({ requestsPerSecond, recordsPerDay, dayMs: scheduler.scale(DAY_MS) });
    quotas.set(instance, quota);
    return quota;
  };
  const observability: Observability = createObservability({
    settings: settings.observability,
    stream,
    scheduler,
    random: random.fork("observability"),
    instances: settings.marketo.instances.length > 0 ? settings.marketo.instances : [SIMULATED.instance],
    quota: (instance) => quotaOf(instance).remaining(Date.now()),
    backlog: () => processor.backlog(),
  });
  const outbox = createResultsOutbox({
    settings: settings.results,
    clientId: settings.marketo.clientId,
    scheduler,
    stream,
    random: random.fork("outbox"),
    onEntry: (entry) => observability.resultReported(entry),
  });
  const processor: Processor = createProcessor({
    scheduler,
    outbox,
    policy: settings.policy,
    linkFailureCode: settings.marketo.linkFailureCode,
  });

  const server = Fastify({ forceCloseConnections: true, bodyLimit: 16 * 1_048_576 });
  let origin = "";
  const webhooks = createWebhooks(server, {
    settings: settings.webhook,
    scheduler,
    stream,
    random: random.fork("webhooks"),
    origin: () => origin,
  });
  const relay = addRelay(server, stream, settings.relay);
  const salesforce = addSalesforce(server, {
    settings: settings.salesforce,
    faults,
    scheduler,
    truth,
    random: random.fork("salesforce"),
    origin: () => origin,
  });
  const summary = (): SimulatorSummary =>
    summarize({
      origin,
      settings,
      truth,
      processor,
      outbox,
      stream,
      journals,
      webhooks,
      tokens,
      salesforce,
      relay,
    });
  addMarketoRoutes(server, {
    settings,
    faults,
    quotaOf,
    processor,
    observability,
    truth,
    random: random.fork("marketo"),
  });
  addImsRoutes(server, tokens, faults);
  addJournalRoutes(server, { settings: settings.journal, journals, tokens, faults });
  addControlRoutes(server, {
    summary,
    truth,
    faults,
    stream,
    tokens,
    salesforce,
    journals,
    webhooks,
    relay,
    random: random.fork("control"),
  });

  if (options.preload !== undefined) {
    const startMs = Date.now() - options.preload.events * 10;
    const preloaded = generateResultsEvents(random.fork("preload"), { ...options.preload, startMs });
    for (const event of preloaded) stream.deliver(event);
  }
  await server.listen({ host: "127.0.0.1", port: settings.port });
  origin = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  observability.start();
  for (const target of options.webhooks ?? []) webhooks.keepRegistering(target);

  const journalUrlOf = (registration: string): string => `${origin}${JOURNAL_PATH}/${registration}`;
  return {
    origin,
    marketoUrl: origin,
    imsUrl: origin,
    salesforceUrl: origin,
    salesforcePrivateKey: () => salesforce.privateKey(),
    journalUrl: journalUrlOf(settings.journal.registrations[0] ?? SIMULATED.journalRegistration),
    sseUrl: `${origin}${SSE_PATH}`,
    websocketUrl: `${origin.replace("http", "ws")}${WS_PATH}?acks=on`,
    settings,
    journalUrlOf,
    truth: () => [...truth.rows()],
    summary,
    setFaults: (patch) => faults.patch(patch),
    registerWebhook: (target) => webhooks.register(target),
    async close() {
      scheduler.close();
      relay.close();
      await Promise.all([server.close(), webhooks.close()]);
    },
  };
}

function openJournals(
  settings: SimulatorSettings,
  retentionMs: number,
  faults: FaultPlan,
): Map<string, Journal> {
  const lifetime = Date.now().toString(36);
  const { journal } = faults.settings;
  const hides = ({ type }: StreamEvent): boolean => {
    if (journal.hideNext < 1 || type !== RESULTS_TYPE) return false;
    journal.hideNext -= 1;
    return true;
  };
  return new Map(
    settings.journal.registrations.map((registration) => [
      registration,
      createJournal(registration, lifetime, settings.journal, retentionMs, hides, () => !journal.keepHidden),
    ]),
  );
}
