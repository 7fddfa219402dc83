/**
 * Alerting, wired: rules and thresholds from the settings, the engine, the outbox and its hooks.
 */
import type { Registry } from "prom-client";
import type { AlertConfig, HookConfig } from "./alert-config.ts";
import { type AlertEngine, openAlertEngine } from "./alerts/engine.ts";
import { createAlertmanagerHook } from "./alerts/hooks/alertmanager.ts";
import { createLogHook } from "./alerts/hooks/log.ts";
import { createPagerdutyHook } from "./alerts/hooks/pagerduty.ts";
import { createSlackHook } from "./alerts/hooks/slack.ts";
import { createWebhookHook } from "./alerts/hooks/webhook.ts";
import { createOutbox } from "./alerts/outbox.ts";
import { alertPayload } from "./alerts/payload.ts";
import { withSettings } from "./alerts/rule-settings.ts";
import { REQUEST_RULES } from "./alerts/rules/request-rules.ts";
import { STREAM_RULES } from "./alerts/rules/stream-rules.ts";
import { type AlertTexts, createAlertTexts } from "./alerts/template.ts";
import type { Alert } from "./core/alert.ts";
import { NO_REQUESTS } from "./core/alert.ts";
import type { AlertHook, AlertPayload, AlertStore } from "./core/alert-ports.ts";
import { After202Error } from "./core/errors.ts";
import { createLedger } from "./core/ledger.ts";
import type { SettingsByInstance } from "./core/lifecycle-settings.ts";
import type { Clock, FactReader, Logger } from "./core/ports.ts";
import { createAlertMetrics } from "./service-metrics.ts";

export interface AlertingParts {
  readonly store: AlertStore & FactReader;
  readonly config: AlertConfig;
  readonly settings: SettingsByInstance;
  /** How many times faster than real the upstream's clock runs. */
  readonly speed: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Up to when the stream has been read. */
  readonly coveredUntil: (now: number) => Promise<number>;
  /** Where the service is reached, for links. */
  readonly baseUrl: () => string;
}

export interface HookTest {
  readonly hook: string;
  readonly outcome: string;
  readonly reason?: string;
}

export interface Alerting {
  /** Evaluates and delivers until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  acknowledge(alertId: string, by: string, comment: string): Promise<Alert | undefined>;
  /** What hooks are told of an alert. */
  payload(alert: Alert): AlertPayload;
  /** Sends a test alert to one hook, or to all. */
  test(hook?: string): Promise<HookTest[]>;
}

/** @throws After202Error CONFIG_INVALID: hooks or templates that cannot be used, all named */
export async function openAlerting(parts: AlertingParts): Promise<Alerting> {
  const { store, config, settings, clock, logger } = parts;
  const texts = createAlertTexts(config.templates);
  const hooks = openHooks(config, texts, clock, logger);
  const metrics = createAlertMetrics(parts.registry);
  const outbox = createOutbox({
    store,
    hooks,
    clock,
    logger,
    retry: { speed: parts.speed },
    observe: metrics.outbox,
  });
  const engine: AlertEngine = await openAlertEngine({
    store,
    ledgerAt: (asOf) => createLedger(store, settings, { ...clock, now: asOf }),
    settings,
    thresholds: config.thresholds,
    timing: config.timing,
    requestRules: withSettings(REQUEST_RULES, config.rules),
    streamRules: withSettings(STREAM_RULES, config.rules),
    coveredUntil: parts.coveredUntil,
    notify: async (alert) => {
      await outbox.enqueue(alert, alertPayload(alert, { base: parts.baseUrl() }, texts), clock.now());
    },
    clock,
    logger,
    streamRuleIntervalMs: Math.max(500, 10_000 / parts.speed),
    observe: metrics.engine,
  });
  return {
    run: async (signal) => void (await Promise.all([engine.run(signal), outbox.run(signal)])),
    acknowledge: (alertId, by, comment) => engine.acknowledge(alertId, by, comment),
    payload: (alert) => alertPayload(alert, { base: parts.baseUrl() }, texts),
    test: (hook) => testHooks(hooks, hook, texts, parts),
  };
}

/** All that is wrong with the hooks at once, as with every setting. */
function openHooks(config: AlertConfig, texts: AlertTexts, clock: Clock, logger: Logger): AlertHook[] {
  const problems: string[] = [];
  const hooks: AlertHook[] = [];
  for (const hook of config.hooks) {
    try {
      hooks.push(openHook(hook, config, texts, clock, logger));
    } catch (error) {
      if (!(error instanceof After202Error)) throw error;
      problems.push(`${hook.name}: ${error.message}`);
    }
  }
  const names = config.hooks.map((hook) => hook.name);
  for (const name of new Set(names)) {
    if (names.filter((one) => one === name).length > 1)
      problems.push(`Two hooks are called ${name}: give each its own name.`);
  }
  if (problems.length > 0) {
    throw new After202Error("CONFIG_INVALID", problems.join("\n"), { details: problems });
  }
  return hooks;
}

function openHook(
  hook: HookConfig,
  config: AlertConfig,
  texts: AlertTexts,
  clock: Clock,
  logger: Logger,
): AlertHook {
  const { name, url, secret, allowPrivate } = hook;
  const common = { name, url, clock, allowPrivate, texts };
  switch (hook.kind) {
    case "webhook":
      return createWebhookHook({ ...common, secret });
    case "slack":
      return createSlackHook(common);
    case "alertmanager":
      return createAlertmanagerHook({ ...common, resolveAfterMs: config.timing.repeatIntervalMs * 1.25 });
    case "pagerduty":
      return createPagerdutyHook({ ...common, routingKey: secret });
    case "log":
      return createLogHook({ name, logger });
  }
}

const TEST_TIMEOUT_MS = 15_000;

async function testHooks(
  hooks: readonly AlertHook[],
  only: string | undefined,
  texts: AlertTexts,
  { clock, baseUrl }: Pick<AlertingParts, "clock" | "baseUrl">,
): Promise<HookTest[]> {
  const now = clock.now();
  const alert: Alert = {
    alertId: `test-${now}`,
    rule: "link-retry-at-risk",
    group: { instance: "test", objectName: "test", source: "" },
    status: "firing",
    severity: "info",
    evidence: "inferred",
    reason: "a test of this hook, asked for by hand: nothing is wrong",
    startsAt: now,
    endsAt: null,
    changedAt: now,
    requests: NO_REQUESTS,
    acknowledgedAt: null,
    acknowledgedBy: "",
    notifiedAt: null,
    notifiedCount: 0,
    notifiedStatus: "",
  };
  const payload = alertPayload(alert, { base: baseUrl() }, texts);
  return Promise.all(
    hooks
      .filter((hook) => only === undefined || hook.name === only)
      .map(async (hook): Promise<HookTest> => {
        const outcome = await hook.deliver(payload, alert.alertId, AbortSignal.timeout(TEST_TIMEOUT_MS));
        return {
          hook: hook.name,
          outcome: outcome.kind === "delivered" ? "delivered" : "failed",
          ...(outcome.kind === "delivered" ? {} : { reason: outcome.reason }),
        };
      }),
  );
}
