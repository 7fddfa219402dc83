/**
 * The settings of alerting: the YAML's `alerts` and the hooks of the environment, or all that is wrong with them.
 *
 * Durations are the upstream's: with RETRY_SPEED they shrink as its retries do.
 */
import { DEFAULT_THRESHOLDS, type Thresholds } from "./alerts/thresholds.ts";
import type { RequestMatch, RuleSettings, RuleSettingsByName } from "./alerts/rule-settings.ts";
import { ALERT_RULES, type AlertRuleName, type Severity } from "./core/alert.ts";
import type { AlertTiming } from "./core/alert-timing.ts";
import { parseDuration } from "./core/duration.ts";
import { isObject } from "./core/json.ts";
import type { SettingName, SettingValue } from "./settings.ts";

export const HOOK_KINDS = ["webhook", "slack", "alertmanager", "pagerduty", "log"] as const;
export type HookKind = (typeof HOOK_KINDS)[number];

export interface HookConfig {
  readonly name: string;
  readonly kind: HookKind;
  /** Where it goes; for PagerDuty only to override the service's own. */
  readonly url: string;
  /** Signing secret (webhook) or routing key (PagerDuty). */
  readonly secret: string;
  /** May point at private, link-local and loopback addresses. */
  readonly allowPrivate: boolean;
}

export interface AlertConfig {
  readonly thresholds: Thresholds;
  readonly timing: AlertTiming;
  readonly rules: RuleSettingsByName;
  readonly hooks: readonly HookConfig[];
  readonly templates: Readonly<Record<string, string>>;
}

type Values = { readonly [N in SettingName]: SettingValue<N> | undefined };

const DEFAULT_TIMING = { groupWait: 30_000, groupInterval: 5 * 60_000, repeatInterval: 4 * 3_600_000 };
const SEVERITIES: readonly Severity[] = ["info", "warning", "critical"];
const MATCHERS = ["instance", "objectType", "objectName", "requestSource", "correlationPrefix"];

/** Which thresholds each rule takes in the YAML, and how they are called here. */
const THRESHOLDS: Partial<Record<AlertRuleName, Readonly<Record<string, keyof Thresholds>>>> = {
  "link-retry-at-risk": { lead: "atRiskLeadMs" },
  "unconfirmed-submission": { after: "unconfirmedAfterMs" },
  "failure-rate": {
    window: "failureRateWindowMs",
    minRecords: "failureRateMinRecords",
    share: "failureRate",
  },
  "stream-silent": { after: "streamSilentMs" },
  "cursor-aging": { after: "cursorAgeMs" },
  "queue-lag": { above: "queueLagMs" },
  "quota-low": { horizon: "quotaHorizonMs" },
  "dead-letters": { count: "deadLetters" },
};

/** @param problems is added to, one line a problem */
export function readAlerts(values: Values, given: unknown, problems: string[]): AlertConfig {
  const alerts = readObject(given, "alerts", problems);
  checkKeys(
    alerts,
    ["groupWait", "groupInterval", "repeatInterval", "quiet", "rules", "hooks", "templates"],
    "alerts",
    problems,
  );
  const speed = values.RETRY_SPEED ?? 1;
  const thresholds: Record<keyof Thresholds, number> = { ...DEFAULT_THRESHOLDS };
  if (values.AT_RISK_LEAD !== undefined) thresholds.atRiskLeadMs = values.AT_RISK_LEAD;
  thresholds.quietMs = duration(alerts["quiet"], "alerts.quiet", problems) ?? thresholds.quietMs;
  const rules = readRules(readObject(alerts["rules"], "alerts.rules", problems), thresholds, problems);
  for (const name of Object.keys(thresholds) as (keyof Thresholds)[]) {
    if (name.endsWith("Ms")) thresholds[name] = Math.round(thresholds[name] / speed);
  }
  const time = (name: keyof typeof DEFAULT_TIMING): number =>
    Math.round((duration(alerts[name], `alerts.${name}`, problems) ?? DEFAULT_TIMING[name]) / speed);
  return {
    thresholds,
    timing: {
      groupWaitMs: time("groupWait"),
      groupIntervalMs: time("groupInterval"),
      repeatIntervalMs: time("repeatInterval"),
    },
    rules,
    hooks: [...environmentHooks(values, problems), ...listedHooks(alerts["hooks"], values, problems)],
    templates: readTexts(readObject(alerts["templates"], "alerts.templates", problems)),
  };
}

function readRules(
  given: Readonly<Record<string, unknown>>,
  thresholds: Record<keyof Thresholds, number>,
  problems: string[],
): RuleSettingsByName {
  const rules: Record<string, RuleSettings> = {};
  for (const [name, value] of Object.entries(given)) {
    const path = `alerts.rules.${name}`;
    if (!ALERT_RULES.includes(name as AlertRuleName)) {
      problems.push(`${path} is not a rule; known are ${ALERT_RULES.join(", ")}.`);
      continue;
    }
    const entry = readObject(value, path, problems);
    const own = THRESHOLDS[name as AlertRuleName] ?? {};
    checkKeys(entry, ["enabled", "severity", "match", ...Object.keys(own)], path, problems);
    for (const [key, threshold] of Object.entries(own)) {
      if (entry[key] === undefined) continue;
      const number = threshold.endsWith("Ms")
        ? duration(entry[key], `${path}.${key}`, problems)
        : Number(entry[key]);
      if (number !== undefined && number >= 0) thresholds[threshold] = number;
      else if (number !== undefined) problems.push(`${path}.${key}: expected a number from 0.`);
    }
    const { enabled, severity } = entry;
    if (severity !== undefined && !SEVERITIES.includes(severity as Severity)) {
      problems.push(`${path}.severity: expected one of ${SEVERITIES.join(", ")}.`);
    }
    if (enabled !== undefined && typeof enabled !== "boolean")
      problems.push(`${path}.enabled: expected true or false.`);
    const match = readObject(entry["match"], `${path}.match`, problems);
    checkKeys(match, MATCHERS, `${path}.match`, problems);
    rules[name] = {
      ...(typeof enabled === "boolean" && { enabled }),
      ...(severity !== undefined && { severity: severity as Severity }),
      ...(Object.keys(match).length > 0 && { match: readTexts(match) as RequestMatch }),
    };
  }
  return rules;
}

function environmentHooks(values: Values, problems: string[]): HookConfig[] {
  const allowPrivate = values.ALERT_ALLOW_PRIVATE ?? false;
  const hooks: HookConfig[] = [];
  const add = (kind: HookKind, url: string, secret = ""): void => {
    hooks.push({ name: kind, kind, url, secret, allowPrivate });
  };
  if (values.ALERT_WEBHOOK_URL !== undefined) {
    if (values.ALERT_WEBHOOK_SECRET === undefined) {
      problems.push("ALERT_WEBHOOK_SECRET is missing: ALERT_WEBHOOK_URL needs it to sign.");
    }
    add("webhook", values.ALERT_WEBHOOK_URL, values.ALERT_WEBHOOK_SECRET);
  }
  if (values.SLACK_WEBHOOK_URL !== undefined) add("slack", values.SLACK_WEBHOOK_URL);
  if (values.ALERTMANAGER_URL !== undefined) add("alertmanager", values.ALERTMANAGER_URL);
  if (values.PAGERDUTY_ROUTING_KEY !== undefined) add("pagerduty", "", values.PAGERDUTY_ROUTING_KEY);
  add("log", "");
  return hooks;
}

function listedHooks(given: unknown, values: Values, problems: string[]): HookConfig[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) {
    problems.push("alerts.hooks: expected a list of {name, kind, url, …}.");
    return [];
  }
  return given.map((item: unknown, index): HookConfig => {
    const path = `alerts.hooks[${index}]`;
    const entry = readObject(item, path, problems);
    checkKeys(entry, ["name", "kind", "url", "secret", "allowPrivate"], path, problems);
    const { name = "", url = "", secret = "" } = readTexts(entry);
    const kind = HOOK_KINDS.find((one) => one === entry["kind"]);
    if (name === "") problems.push(`${path}.name is missing.`);
    if (kind === undefined) problems.push(`${path}.kind: expected one of ${HOOK_KINDS.join(", ")}.`);
    if (kind !== "log" && kind !== "pagerduty" && !URL.canParse(url))
      problems.push(`${path}.url: expected a URL.`);
    if ((kind === "webhook" || kind === "pagerduty") && secret === "")
      problems.push(`${path}.secret is missing.`);
    const allowPrivate = entry["allowPrivate"] ?? values.ALERT_ALLOW_PRIVATE ?? false;
    return { name, kind: kind ?? "log", url, secret, allowPrivate: allowPrivate === true };
  });
}

function readObject(given: unknown, path: string, problems: string[]): Readonly<Record<string, unknown>> {
  if (given === undefined || given === null) return {};
  if (isObject(given)) return given;
  problems.push(`${path}: expected a mapping.`);
  return {};
}

function checkKeys(given: object, known: readonly string[], path: string, problems: string[]): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) problems.push(`${path}.${key} is not known; known are ${known.join(", ")}.`);
  }
}

function duration(given: unknown, path: string, problems: string[]): number | undefined {
  if (given === undefined) return undefined;
  const ms = typeof given === "string" ? parseDuration(given) : undefined;
  if (ms === undefined) problems.push(`${path}: expected a duration such as 15m.`);
  return ms;
}

function readTexts(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => typeof value === "string" || typeof value === "number")
      .map(([key, value]) => [key, String(value as string | number)]),
  );
}
