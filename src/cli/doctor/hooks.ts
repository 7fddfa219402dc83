/** The hooks of alerting, each tried with an alert that means nothing. */
import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { After202Error } from "../../core/errors.ts";
import { type CheckResult, failed, faultText, ok, skipped } from "./check.ts";

export async function* checkHooks(config: Config): AsyncGenerator<CheckResult> {
  const { openHooks, testHooks } = await import("../../alert-hooks.ts");
  const { createAlertTexts } = await import("../../alerts/template.ts");
  const hooks = config.alerts.hooks.filter((hook) => hook.kind !== "log");
  if (hooks.length === 0) {
    yield skipped("hooks", "none is set; alerts go to the log (ALERT_WEBHOOK_URL, SLACK_WEBHOOK_URL, …)");
    return;
  }
  try {
    const texts = createAlertTexts(config.alerts.templates);
    const opened = openHooks({ ...config.alerts, hooks }, texts, systemClock, SILENT);
    const base = config.values.PUBLIC_URL ?? `http://${config.host}:${config.port}`;
    for (const { hook, outcome, reason = "" } of await testHooks(opened, texts, systemClock.now(), base)) {
      yield outcome === "delivered"
        ? ok(`hook ${hook}`, "took a test alert")
        : failed(
            `hook ${hook}`,
            reason,
            "Check its URL and secret; a private address needs ALERT_ALLOW_PRIVATE.",
          );
    }
  } catch (error) {
    if (!(error instanceof After202Error)) throw error;
    yield failed("hooks", faultText(error), "Correct the settings of the hooks.");
  }
}

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // what a hook would log is said by its check
}
