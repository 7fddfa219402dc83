/**
 * The hooks of the settings: opened, with all that is wrong with them told at once, and tried.
 */
import type { AlertConfig, HookConfig } from "./alert-config.ts";
import { createAlertmanagerHook } from "./alerts/hooks/alertmanager.ts";
import { createLogHook } from "./alerts/hooks/log.ts";
import { createPagerdutyHook } from "./alerts/hooks/pagerduty.ts";
import { createSlackHook } from "./alerts/hooks/slack.ts";
import { createWebhookHook } from "./alerts/hooks/webhook.ts";
import { alertPayload } from "./alerts/payload.ts";
import type { AlertTexts } from "./alerts/template.ts";
import { type Alert, beginAlert } from "./core/alert.ts";
import type { AlertHook, HookOutcome } from "./core/alert-ports.ts";
import { After202Error } from "./core/errors.ts";
import type { Clock, Logger } from "./core/ports.ts";

export interface HookTest {
  readonly hook: string;
  readonly outcome: "delivered" | "failed";
  readonly reason?: string;
}

const TEST_TIMEOUT_MS = 15_000;

/** @throws After202Error CONFIG_INVALID; details list all problems */
export function openHooks(config: AlertConfig, texts: AlertTexts, clock: Clock, logger: Logger): AlertHook[] {
  const problems: string[] = [];
  const hooks: AlertHook[] = [];
  for (const hook of config.hooks) {
    try {
      hooks.push(openHook(hook, texts, clock, logger));
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

function openHook(hook: HookConfig, texts: AlertTexts, clock: Clock, logger: Logger): AlertHook {
  const { name, url, secret, allowPrivate } = hook;
  const common = { name, url, clock, allowPrivate, texts };
  switch (hook.kind) {
    case "webhook":
      return createWebhookHook({ ...common, secret });
    case "slack":
      return createSlackHook(common);
    case "alertmanager":
      return createAlertmanagerHook(common);
    case "pagerduty":
      return createPagerdutyHook({ ...common, routingKey: secret });
    case "log":
      return createLogHook({ name, logger });
  }
}

/** Tells each hook of an alert that means nothing, and then that it is over: no incident is left open. */
export function testHooks(
  hooks: readonly AlertHook[],
  texts: AlertTexts,
  now: number,
  baseUrl: string,
): Promise<HookTest[]> {
  const alert = beginAlert(
    `test-${now}`,
    { name: "link-retry-at-risk", severity: "info" },
    { instance: "test", objectName: "test", source: "" },
    { evidence: "observed", reason: "a test, asked for by hand" },
    now,
  );
  const send = (hook: AlertHook, one: Alert, summary: string): Promise<HookOutcome> =>
    hook.deliver(
      { ...alertPayload(one, { base: baseUrl }, texts), summary },
      `${one.alertId}-${one.status}`,
      AbortSignal.timeout(TEST_TIMEOUT_MS),
    );
  return Promise.all(
    hooks.map(async (hook): Promise<HookTest> => {
      const outcome = await send(hook, alert, `A test of the hook ${hook.name}: nothing is wrong`);
      if (outcome.kind !== "delivered") return { hook: hook.name, outcome: "failed", reason: outcome.reason };
      await send(
        hook,
        { ...alert, status: "resolved", endsAt: now },
        `The test of the hook ${hook.name} is over`,
      );
      return { hook: hook.name, outcome: "delivered" };
    }),
  );
}
