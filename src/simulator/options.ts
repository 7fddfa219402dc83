/**
 * What a simulator can be told, and what it does when told nothing.
 *
 * Durations ending in `Ms` are simulated time (divided by `speed`) unless their comment says wall-clock.
 */
import { RETRY_POLICIES, scalePolicy, type RetryPolicy, type RetryPolicyName } from "../core/retry-policy.ts";
import type { LinkFailureMode } from "./directives.ts";
import type { FaultsPatch } from "./faults.ts";
import { relayDefaults, type RelaySettings } from "./relay/settings.ts";
import { salesforceDefaults, type SalesforceSettings } from "./salesforce/settings.ts";
import type { WebhookTarget } from "./webhook/registration.ts";

/** Fixed credentials of the simulator; nothing here is secret. */
export const SIMULATED = {
  clientId: "sim-client",
  clientSecret: "sim-secret",
  organizationId: "sim-org@AdobeOrg",
  userToken: "sim-token",
  instance: "123-ABC-456",
  journalRegistration: "sim-registration",
  salesforceClientId: "sim-connected-app",
  salesforceUsername: "integration@sim.example",
  /** A core token that is good for ever. */
  salesforceToken: "sim-core-token",
} as const;

export interface CustomObjectSettings {
  /** Field of the record that names a person, by the person's field of the same name. */
  linkField: string;
  /** Fields that make two records the same object; a record without any of them is always new. */
  dedupeFields: readonly string[];
}

export interface MarketoSettings {
  /** Munchkin ids that are served; empty: any. */
  instances: readonly string[];
  /** What results events name as the client that sent a request. */
  clientId: string;
  maxBodyBytes: number;
  maxRecords: number;
  requestsPerSecond: number;
  recordsPerDay: number;
  /** Share of request ids in the documented form that is no UUID. */
  nonUuidRate: number;
  chunkRecords: number;
  /** Until the first chunk is processed; each request draws between half and one and a half of it. */
  delayMs: number;
  chunkIntervalMs: number;
  linkFailure: LinkFailureMode;
  linkFailureEarly: boolean;
  linkFailureCode: string;
  /** Share of records that fail transiently once. */
  transientRate: number;
  transientCodes: readonly string[];
  /** Share of requests whose transient failures are reported by an event before they are retried. */
  transientReportedRate: number;
  /** Share of records that fail for good. */
  failureRate: number;
  failureCodes: readonly string[];
  /** By API name; other objects link by `email` and are told apart by `id`. */
  customObjects: Readonly<Record<string, CustomObjectSettings>>;
  /** Persons and other records remembered for each instance; the oldest are forgotten. */
  maxStoredRecords: number;
}

export interface ResultsSettings {
  /** What `received` says: the whole request's records, or those of the chunk just processed. */
  received: "total" | "chunk";
  /** How long entries wait for others to share an event. */
  flushMs: number;
  maxRequestsPerEvent: number;
  /** Documented samples have whole seconds; default: seconds at speed 1, else milliseconds (a second is minutes). */
  timePrecision: "seconds" | "milliseconds";
}

export interface ObservabilitySettings {
  /** Interval of metrics events; 0: none. */
  metricsMs: number;
  /** Interval of status events; 0: none. */
  statusMs: number;
}

export interface JournalSettings {
  /** Names of journals that hold the same stream. */
  registrations: readonly string[];
  links: "absolute" | "relative";
  /** Events of a page when the reader names no limit, and at most. */
  pageEvents: number;
  pageBytes: number;
  /** Bounds of each journal; the oldest events expire beyond them. */
  maxEvents: number;
  maxBytes: number;
  retentionMs: number;
  /** Whole wall-clock seconds, sent with a 204. */
  retryAfterSeconds: number;
}

export interface ImsSettings {
  /** Wall-clock seconds. */
  expiresInSeconds: number;
}

export interface WebhookSettings {
  /** Wall-clock milliseconds for one delivery. */
  timeoutMs: number;
  maxBatchEvents: number;
  maxBatchBytes: number;
  /** How long a batch waits for more events. */
  lingerMs: number;
  concurrency: number;
  /** Disable a registration that failed 80% of at least 10 deliveries, as Adobe does. */
  disableFailing: boolean;
}

interface PreloadOptions {
  /** Results events put into every journal before it opens. */
  events: number;
  requestsPerEvent?: number;
}

export interface SimulatorOptions {
  /** 0 (default): any free port. Always on 127.0.0.1. */
  port?: number;
  seed?: number;
  speed?: number;
  policy?: RetryPolicyName;
  marketo?: Partial<MarketoSettings>;
  results?: Partial<ResultsSettings>;
  observability?: Partial<ObservabilitySettings>;
  journal?: Partial<JournalSettings>;
  ims?: Partial<ImsSettings>;
  salesforce?: Partial<SalesforceSettings>;
  webhook?: Partial<WebhookSettings>;
  webhooks?: readonly WebhookTarget[];
  relay?: Partial<RelaySettings>;
  faults?: FaultsPatch;
  preload?: PreloadOptions;
  /** Requests whose truth is remembered. */
  maxTruthRequests?: number;
}

export interface SimulatorSettings {
  readonly port: number;
  readonly seed: number;
  readonly speed: number;
  /** Already on the simulator's clock. */
  readonly policy: RetryPolicy;
  readonly marketo: MarketoSettings;
  readonly results: ResultsSettings;
  readonly observability: ObservabilitySettings;
  readonly journal: JournalSettings;
  readonly ims: ImsSettings;
  readonly salesforce: SalesforceSettings;
  readonly webhook: WebhookSettings;
  readonly relay: RelaySettings;
  readonly maxTruthRequests: number;
}

const MINUTE_MS = 60_000;
const MEBIBYTE = 1_048_576;

/** Fills in the defaults. */
export function loadSettings(options: SimulatorOptions): SimulatorSettings {
  const speed = options.speed ?? 1;
  if (!(speed > 0)) throw new RangeError(`speed must be above 0, not ${speed}`);
  return {
    port: options.port ?? 0,
    seed: options.seed ?? 202,
    speed,
    policy: scalePolicy(RETRY_POLICIES[options.policy ?? "marketo-2023"], speed),
    marketo: { ...marketoDefaults(), ...options.marketo },
    results: {
      received: "total",
      flushMs: 5_000,
      maxRequestsPerEvent: 20,
      timePrecision: speed === 1 ? "seconds" : "milliseconds",
      ...options.results,
    },
    observability: { metricsMs: 60 * MINUTE_MS, statusMs: 5 * MINUTE_MS, ...options.observability },
    journal: {
      registrations: [SIMULATED.journalRegistration],
      links: "absolute",
      pageEvents: 1_000,
      pageBytes: 1_500_000,
      maxEvents: 500_000,
      maxBytes: 256 * MEBIBYTE,
      retentionMs: 7 * 24 * 60 * MINUTE_MS,
      retryAfterSeconds: Math.max(1, Math.round(10 / speed)),
      ...options.journal,
    },
    ims: { expiresInSeconds: 86_399, ...options.ims },
    salesforce: { ...salesforceDefaults(), ...options.salesforce },
    webhook: {
      timeoutMs: 10_000,
      maxBatchEvents: 20,
      maxBatchBytes: 2 * MEBIBYTE,
      lingerMs: 2_000,
      concurrency: 4,
      disableFailing: false,
      ...options.webhook,
    },
    relay: { ...relayDefaults(), ...options.relay },
    maxTruthRequests: options.maxTruthRequests ?? 200_000,
  };
}

function marketoDefaults(): MarketoSettings {
  return {
    instances: [],
    clientId: "sim-user@marketo.example",
    maxBodyBytes: MEBIBYTE,
    maxRecords: 1_000,
    requestsPerSecond: 5_000,
    recordsPerDay: 10_000_000,
    nonUuidRate: 0.1,
    chunkRecords: 100,
    delayMs: 30_000,
    chunkIntervalMs: 5_000,
    linkFailure: "reported",
    linkFailureEarly: false,
    linkFailureCode: "1004",
    transientRate: 0,
    transientCodes: ["503", "608", "719"],
    transientReportedRate: 0.5,
    failureRate: 0,
    failureCodes: ["1003", "1006", "1007"],
    customObjects: {
      purchases: { linkField: "email", dedupeFields: ["orderId"] },
      cars: { linkField: "email", dedupeFields: ["vin"] },
    },
    maxStoredRecords: 1_000_000,
  };
}
