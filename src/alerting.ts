/**
 * Alerting, wired: rules and thresholds from the settings, the engine, the outbox and its hooks.
 */
import type { Registry } from "prom-client";
import type { AlertConfig } from "./alert-config.ts";
import { type HookTest, openHooks, testHooks } from "./alert-hooks.ts";
import { type CompletenessWatch, createCompletenessWatch } from "./alerts/completeness-watch.ts";
import { HANDED_OVER_MS, handAcknowledgement } from "./alerts/handed-acknowledgement.ts";
import { createHourlyRollup } from "./alerts/hourly-rollup.ts";
import { type AlertEngine, type EngineOptions, openAlertEngine } from "./alerts/engine.ts";
import { missingPersonsOf } from "./alerts/missing-persons.ts";
import { createOutbox, type Outbox } from "./alerts/outbox.ts";
import { alertPayload } from "./alerts/payload.ts";
import { withSettings } from "./alerts/rule-settings.ts";
import { REQUEST_RULES } from "./alerts/rules/request-rules.ts";
import { STREAM_RULES } from "./alerts/rules/stream-rules.ts";
import { type LeaseTiming, runLeased } from "./alerts/lease.ts";
import { createAlertTexts } from "./alerts/template.ts";
import type { Alert } from "./core/alert.ts";
import type { AlertHook, AlertPayload, AlertStore } from "./core/alert-ports.ts";
import type { CompletenessStore } from "./core/completeness-ports.ts";
import type { HourlyStore } from "./core/hourly-ports.ts";
import { createLedger, type Ledger } from "./core/ledger.ts";
import type { MissingPersonsReader } from "./core/missing-persons.ts";
import type { SettingsByInstance } from "./core/lifecycle-settings.ts";
import type { Clock, FactReader, Logger } from "./core/ports.ts";
import { createAlertMetrics } from "./service-metrics.ts";

export interface AlertingParts {
  readonly store: AlertStore & CompletenessStore & HourlyStore & { readonly unhurried: FactReader };
  /** Other processes may use the store: of those with the role alerts one runs alerting. */
  readonly shared: boolean;
  /** Whether this process may run alerting; else it answers questions about alerts, and hands on what is acknowledged. */
  readonly evaluates: boolean;
  readonly leaseTiming?: LeaseTiming;
  readonly config: AlertConfig;
  readonly settings: SettingsByInstance;
  readonly ledger: Ledger;
  readonly persons: MissingPersonsReader;
  /** How many times faster than real the upstream's clock runs. */
  readonly speed: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Up to when the stream has been read. */
  readonly coveredUntil: (now: number) => Promise<number>;
  /** Runs where alerting does: once among all processes. */
  readonly beside?: { run(signal: AbortSignal): Promise<void> } | undefined;
  /** Where the service is reached, for links. */
  readonly baseUrl: () => string;
}

export interface Alerting {
  /** Evaluates and delivers until the signal aborts, whenever this process is the one to do so. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether this process evaluates and delivers. */
  leads(): boolean;
  /** Where another process does, it is handed over. @throws After202Error ALERTS_STANDBY: no process takes it on */
  acknowledge(alertId: string, by: string, comment: string): Promise<Alert | undefined>;
  /** What hooks are told of an alert. */
  payload(alert: Alert): AlertPayload;
  /** Sends a test alert to one hook, or to all. */
  test(hook?: string): Promise<HookTest[]>;
}

/** @throws After202Error CONFIG_INVALID: hooks or templates that cannot be used, all named */
export async function openAlerting(parts: AlertingParts): Promise<Alerting> {
  const { config, clock, logger } = parts;
  const texts = createAlertTexts(config.templates);
  const hooks = openHooks(config, texts, clock, logger);
  const payload = (alert: Alert): AlertPayload => alertPayload(alert, { base: parts.baseUrl() }, texts);
  const evaluator = parts.evaluates ? await openEvaluator(parts, hooks, payload) : undefined;
  return {
    run: async (signal) => evaluator?.run(signal),
    leads: () => evaluator?.engine() !== undefined,
    async acknowledge(alertId, by, comment) {
      const engine = evaluator?.engine();
      if (engine !== undefined) return engine.acknowledge(alertId, by, comment);
      return handAcknowledgement(parts, alertId, by, comment);
    },
    payload,
    test: (hook) =>
      testHooks(
        hooks.filter(({ name }) => hook === undefined || name === hook),
        texts,
        clock.now(),
        parts.baseUrl(),
      ),
  };
}

interface Evaluator {
  run(signal: AbortSignal): Promise<void>;
  /** While this process evaluates. */
  engine(): AlertEngine | undefined;
}

async function openEvaluator(
  parts: AlertingParts,
  hooks: readonly AlertHook[],
  payload: (alert: Alert) => AlertPayload,
): Promise<Evaluator> {
  const { store, config, settings, clock, logger, speed } = parts;
  const metrics = createAlertMetrics(parts.registry);
  let term: { readonly engine: AlertEngine; readonly outbox: Outbox } | undefined;
  const openTerm = async (): Promise<NonNullable<typeof term>> => {
    const retry = { speed };
    const outbox = createOutbox({ store, hooks, clock, logger, retry, observe: metrics.outbox });
    return { outbox, engine: await openAlertEngine(engineOptions(outbox)) };
  };
  const engineOptions = (outbox: Outbox): EngineOptions => ({
    store,
    ledgerAt: (asOf) => createLedger(store.unhurried, settings, { ...clock, now: asOf }),
    settings,
    thresholds: config.thresholds,
    timing: config.timing,
    requestRules: withSettings(REQUEST_RULES, config.rules),
    streamRules: withSettings(STREAM_RULES, config.rules),
    coveredUntil: parts.coveredUntil,
    notify: async (alert) => {
      await outbox.enqueue(alert, payload(alert), clock.now());
    },
    keepAlive: (alerts) => outbox.keepAlive(alerts, payload, clock.now()),
    ...(parts.shared && { acknowledgedElsewhere: (now) => store.acknowledgements(now - HANDED_OVER_MS) }),
    missingPersons: (alert) => missingPersonsOf(parts, alert.alertId),
    clock,
    logger,
    streamRuleIntervalMs: Math.max(500, 10_000 / speed),
    observe: metrics.engine,
  });
  const completeness: CompletenessWatch = createCompletenessWatch({
    store,
    clock,
    logger,
    coveredUntil: parts.coveredUntil,
    speed,
    observe: metrics.completeness,
  });
  const hourly = createHourlyRollup({ store, clock, logger, speed, observe: metrics.hourly });
  const lead = async (signal: AbortSignal): Promise<void> => {
    term ??= await openTerm();
    metrics.leading(true);
    try {
      const { engine, outbox } = term;
      const beside = parts.beside === undefined ? [] : [parts.beside];
      await Promise.all([engine, outbox, completeness, hourly, ...beside].map((part) => part.run(signal)));
    } finally {
      term = undefined;
      metrics.leading(false);
    }
  };
  if (!parts.shared) term = await openTerm();
  const lease = { store, clock, logger, timing: parts.leaseTiming };
  return {
    run: (signal) => (parts.shared ? runLeased(lease, lead, signal) : lead(signal)),
    engine: () => term?.engine,
  };
}
