/**
 * The state of a simulator in one object: for people who look, and for tests that wait for quiet.
 */
import type { TokenIssuer } from "./ims-routes.ts";
import type { Journal } from "./journal/journal.ts";
import type { Processor } from "./marketo/processor.ts";
import type { SimulatorSettings } from "./options.ts";
import type { StreamCounts } from "./salesforce/stream-routes.ts";
import type { Salesforce } from "./salesforce/salesforce.ts";
import type { ResultsOutbox } from "./stream/results-outbox.ts";
import type { Relay, RelayCounts } from "./relay/relay.ts";
import type { PathCounts, StreamPath } from "./stream/paths.ts";
import type { Stream, StreamCounters } from "./stream/stream.ts";
import type { Truth, TruthOutcome } from "./truth.ts";
import type { WebhookCounters, WebhookState } from "./webhook/registration.ts";
import type { Webhooks } from "./webhook/webhooks.ts";

export interface SimulatorSummary {
  readonly origin: string;
  readonly seed: number;
  readonly speed: number;
  readonly policy: string;
  /** Nothing more will come of what was submitted so far: all settled, reported and handed to every reader. */
  readonly idle: boolean;
  readonly requests: { readonly total: number; readonly byOutcome: Partial<Record<TruthOutcome, number>> };
  readonly pending: {
    readonly requests: number;
    readonly resultEntries: number;
    readonly deliveries: number;
    readonly webhookDeliveries: number;
    /** Bulk jobs that are closed and not over. */
    readonly jobs: number;
  };
  readonly salesforce: {
    readonly jobs: Readonly<Record<string, number>>;
    readonly streamed: Readonly<StreamCounts>;
    readonly tokensIssued: number;
  };
  readonly stream: Readonly<StreamCounters>;
  /** What each path was to carry, and what it kept. */
  readonly paths: Readonly<Record<StreamPath, PathCounts>>;
  readonly journals: Readonly<Record<string, number>>;
  readonly webhooks: readonly ({ name: string; state: WebhookState } & WebhookCounters)[];
  readonly relay: RelayCounts;
  readonly tokensIssued: number;
}

export interface SummaryParts {
  readonly origin: string;
  readonly settings: SimulatorSettings;
  readonly truth: Truth;
  readonly processor: Processor;
  readonly outbox: ResultsOutbox;
  readonly stream: Stream;
  readonly journals: ReadonlyMap<string, Journal>;
  readonly webhooks: Webhooks;
  readonly tokens: TokenIssuer;
  readonly salesforce: Salesforce;
  readonly relay: Relay;
}

export function summarize(parts: SummaryParts): SimulatorSummary {
  const { settings, truth, webhooks, salesforce } = parts;
  const byOutcome: Partial<Record<TruthOutcome, number>> = {};
  for (const { outcome } of truth.rows()) byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
  const pending = {
    requests: parts.processor.unsettled(),
    resultEntries: parts.outbox.pending(),
    deliveries: parts.stream.pending(),
    webhookDeliveries: webhooks.all().reduce((sum, deliverer) => sum + deliverer.pending(), 0),
    jobs: salesforce.jobs.underWay(),
  };
  return {
    origin: parts.origin,
    seed: settings.seed,
    speed: settings.speed,
    policy: settings.policy.name,
    idle: Object.values(pending).every((waiting) => waiting === 0),
    requests: { total: truth.size(), byOutcome },
    pending,
    salesforce: {
      jobs: salesforce.jobs.byState(),
      streamed: salesforce.streamed,
      tokensIssued: salesforce.tokensIssued(),
    },
    stream: parts.stream.counters,
    paths: parts.stream.paths(),
    journals: Object.fromEntries([...parts.journals].map(([name, journal]) => [name, journal.size()])),
    webhooks: webhooks.all().map((webhook) => ({
      name: webhook.target.name ?? webhook.target.url,
      state: webhook.state(),
      ...webhook.counters,
    })),
    relay: parts.relay.counts(),
    tokensIssued: parts.tokens.issued(),
  };
}
