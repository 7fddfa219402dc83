/**
 * What the API is made of: the ports it asks, and the settings it runs under. app.ts hands them in.
 */
import type { FastifyBaseLogger } from "fastify";
import type { Registry } from "prom-client";
import type { Alert } from "../core/alert.ts";
import type { AlertPayload, AlertStore } from "../core/alert-ports.ts";
import type { LiveLimits } from "./live/live-feed.ts";
import type { MissingPersonsReader } from "../core/missing-persons.ts";
import type { Ledger } from "../core/ledger.ts";
import type { DeadLetterStore } from "../core/dead-letter-ports.ts";
import type { TrafficReader } from "../core/hourly-ports.ts";
import type { EventHistory } from "../core/event-history.ts";
import type { RepairDesk, RepairReader } from "../core/repair-ports.ts";
import type {
  ArrivalReader,
  ChangeFeed,
  Clock,
  Intake,
  KeyStore,
  SourceStatus,
  StoreHealth,
  StreamReader,
} from "../core/ports.ts";

/** What the webhook answers; a body that is an object goes out as JSON. */
interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * The webhook source, as the API sees it. It checks the signature itself, over the bytes as they came;
 * `receive` may also reject with an After202Error, which is answered with its own status.
 */
export interface WebhookEndpoint {
  /** @returns undefined when the query holds no challenge */
  challenge(
    query: Readonly<Record<string, string>>,
  ): { readonly status: number; readonly body: string; readonly contentType: string } | undefined;
  receive(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    rawBody: Uint8Array,
  ): Promise<WebhookAnswer>;
}

/** What became of a test alert on its way to one hook. */
interface HookTestOutcome {
  readonly hook: string;
  /** `delivered`, `failed`. */
  readonly outcome: string;
  readonly reason?: string;
}

/** Alerting, as the API sees it. */
export interface AlertDesk {
  readonly store: Pick<
    AlertStore,
    "listAlerts" | "findAlert" | "alertHistory" | "listDeliveries" | "silences" | "saveSilence" | "endSilence"
  >;
  /** What hooks are told of an alert, with its summary and links. */
  payload(alert: Alert): AlertPayload;
  /** Tries one hook, or all; none when there is no hook of that name. */
  test(hook?: string): Promise<readonly HookTestOutcome[]>;
  /** Whether this process evaluates alerts and tells the hooks; else it waits to take over. */
  leads(): boolean;
  /**
   * @returns the alert as it is now; undefined when there is none with this id
   * @throws After202Error ALERTS_STANDBY: no process that runs alerting has taken it on
   */
  acknowledge(alertId: string, by: string, comment: string): Promise<Alert | undefined>;
}

/** Limits of the API; every one has a default in `limits.ts`. */
interface ApiSettings {
  /** Long polls at once; more are answered TOO_MANY_REQUESTS. */
  readonly maxWaiters?: number;
  /** Attempts a second and address with keys that are not known to be good. */
  readonly maxDoubtfulKeysPerSecond?: number;
  /** Of the live feed. */
  readonly live?: Partial<LiveLimits>;
  /** How long a request may take to arrive completely, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

export interface ApiParts {
  readonly ledger: Ledger;
  /** The same for the live feed, which can wait; default: `ledger`. */
  readonly unhurriedLedger?: Ledger;
  readonly arrivals: ArrivalReader;
  readonly persons: MissingPersonsReader;
  readonly intake: Intake;
  readonly changes: ChangeFeed;
  readonly stream: StreamReader;
  readonly traffic: TrafficReader;
  readonly repairs: RepairReader & RepairDesk;
  /** How many times faster than real the upstream's clock runs; default 1. */
  readonly speed?: number;
  readonly deadLetters: DeadLetterStore;
  readonly history: EventHistory;
  readonly keys: KeyStore;
  readonly health: StoreHealth;
  /** Of this process, and of those that share its store. */
  readonly sources: () => Promise<readonly SourceStatus[]>;
  /** Absent: the webhook is off. */
  readonly webhook?: WebhookEndpoint | undefined;
  readonly alerts: AlertDesk;
  readonly registry: Registry;
  readonly clock: Clock;
  /** A pino logger. */
  readonly logger: FastifyBaseLogger;
  /** `off` gives every caller every scope; settings allow it on loopback only. */
  readonly auth: "keys" | "off";
  /** A key that works as an admin key without being stored. */
  readonly adminKey?: string | undefined;
  /** A key with the scope read that works without being stored, also while the store is away. */
  readonly readKey?: string | undefined;
  readonly version: string;
  readonly roles: readonly string[];
  readonly settings?: ApiSettings | undefined;
}
