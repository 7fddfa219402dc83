/**
 * The service at AFTER202_URL: does it answer, is it ready, does the key fit. That none runs is a fault only where one
 * was named.
 */
import { After202Error } from "../../core/errors.ts";
import { openServiceClient } from "../service-client.ts";
import { type CheckResult, failed, faultText, ok, warning } from "./check.ts";

const NAME = "service";
const TIMEOUT_MS = 5_000;

export async function checkService(env: NodeJS.ProcessEnv): Promise<CheckResult> {
  try {
    const client = openServiceClient(env);
    const { version } = await client.ask<{ version: string }>("/healthz", { timeoutMs: TIMEOUT_MS });
    await client.ask("/readyz", { timeoutMs: TIMEOUT_MS });
    await client.ask("/v1/requests?limit=1", { timeoutMs: TIMEOUT_MS });
    return ok(NAME, `${client.url} answers, version ${version}`);
  } catch (error) {
    return faultOf(error, env);
  }
}

function faultOf(error: unknown, env: NodeJS.ProcessEnv): CheckResult {
  const code = error instanceof After202Error ? error.code : undefined;
  if (code === "SERVICE_UNREACHABLE" && !env["AFTER202_URL"]) {
    return warning(
      NAME,
      "none runs here",
      "Start it with after202 serve, or name one elsewhere with AFTER202_URL.",
    );
  }
  if (code === "KEY_MISSING" || code === "KEY_INVALID" || code === "SCOPE_MISSING") {
    const verdict = env["AFTER202_KEY"] || env["AFTER202_KEY_FILE"] ? failed : warning;
    return verdict(
      NAME,
      `answers, but ${faultText(error)}`,
      "Make a key with after202 keys create --name me --scopes read, and set AFTER202_KEY to it.",
    );
  }
  return failed(NAME, faultText(error));
}
