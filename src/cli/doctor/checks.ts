/**
 * The checks, in the order in which faults build on one another.
 */
import { type Config, loadConfigFromProcess } from "../../config.ts";
import { After202Error } from "../../core/errors.ts";
import { checkJournals, checkWebhook } from "./adobe.ts";
import { type CheckResult, failed, ok, skipped } from "./check.ts";
import { checkCollector } from "./collector.ts";
import { checkHooks } from "./hooks.ts";
import { checkRelays } from "./relays.ts";
import { checkSalesforce } from "./salesforce.ts";
import { checkService } from "./service.ts";
import { checkStore } from "./store.ts";

const LEAST_NODE = [20, 19];

export async function* runChecks(env: NodeJS.ProcessEnv): AsyncGenerator<CheckResult> {
  yield checkNode(process.versions.node);
  const config = readConfig(env);
  if (config instanceof After202Error) {
    yield failed("settings", "some are wrong", ...problemsOf(config));
    yield skipped("store, journal, webhook, relays, Data Cloud", "not checked, since the settings are wrong");
    yield await checkService(env);
    return;
  }
  yield ok("settings", config.journals.length === 0 ? "in order; no journal is set" : "in order");
  yield* checkStore(config);
  yield await checkService(env);
  yield* checkJournals(config);
  yield await checkWebhook(config);
  yield* checkRelays(config);
  yield* checkSalesforce(config);
  yield* checkHooks(config);
  yield await checkCollector(config);
}

export function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE;
  const fits = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  if (fits) return ok("Node.js", version);
  return failed("Node.js", version, `Install Node.js ${LEAST_NODE.join(".")} or newer.`);
}

function readConfig(env: NodeJS.ProcessEnv): Config | After202Error {
  try {
    return loadConfigFromProcess(env);
  } catch (error) {
    if (error instanceof After202Error) return error;
    throw error;
  }
}

function problemsOf(error: After202Error): string[] {
  return Array.isArray(error.details) ? error.details.map(String) : [error.message];
}
