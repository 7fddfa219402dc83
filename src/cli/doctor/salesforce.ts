/** Salesforce's side: a token of Data Cloud, and the list of bulk jobs. */
import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { TenantToken } from "../../sources/salesforce-token.ts";
import { type CheckResult, failed, faultText, ok, skipped } from "./check.ts";

const TIMEOUT_MS = 15_000;

export async function* checkSalesforce({ salesforce }: Config): AsyncGenerator<CheckResult> {
  if (salesforce === undefined) {
    yield skipped("Data Cloud", "not set (SALESFORCE_CLIENT_ID)");
    return;
  }
  const { createSalesforceToken } = await import("../../sources/salesforce-token.ts");
  const { createSalesforceApi } = await import("../../sources/salesforce-api.ts");
  const token = createSalesforceToken({ ...salesforce, clock: systemClock, timeoutMs: TIMEOUT_MS });
  let tenant: TenantToken;
  try {
    tenant = await token.get();
    yield ok("token of Data Cloud", `issued for ${new URL(tenant.origin).host}`);
  } catch (error) {
    yield failed(
      "token of Data Cloud",
      faultText(error),
      "Check SALESFORCE_LOGIN_URL, SALESFORCE_CLIENT_ID, SALESFORCE_USERNAME and the key against the connected app;",
      "the app needs the scopes cdp_ingest_api and api, and its user must be authorised for it beforehand.",
    );
    yield skipped("Data Cloud", "not asked, for want of a token");
    return;
  }
  const api = createSalesforceApi({ token, clock: systemClock, timeoutMs: TIMEOUT_MS });
  const answer = await api({ path: "/api/v1/ingest/jobs?limit=1" }, AbortSignal.timeout(2 * TIMEOUT_MS));
  yield answer.kind === "ok"
    ? ok("Data Cloud", `${new URL(tenant.origin).host} tells of its bulk jobs`)
    : failed(
        "Data Cloud",
        answer.kind === "missing" ? "answered 404 to the list of bulk jobs" : answer.reason,
        "Check that the connected app has the scope cdp_ingest_api.",
      );
}
