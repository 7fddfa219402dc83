/**
 * Adobe's side: a token for each journal, the journal itself, and where the webhook's keys lie.
 */
import { systemClock } from "../../clock.ts";
import type { Config, JournalConfig } from "../../config.ts";
import { type CheckResult, failed, faultText, ok, skipped } from "./check.ts";

const TIMEOUT_MS = 15_000;

export async function* checkJournals(config: Config): AsyncGenerator<CheckResult> {
  if (config.journals.length === 0) yield skipped("journal", "none is set (ADOBE_JOURNAL_URL)");
  for (const journal of config.journals) yield* checkJournal(journal);
}

async function* checkJournal(journal: JournalConfig): AsyncGenerator<CheckResult> {
  const { createImsToken } = await import("../../sources/ims-token.ts");
  const tokens = createImsToken({
    url: journal.imsUrl,
    clientId: journal.clientId,
    clientSecret: journal.clientSecret,
    scopes: journal.scopes.split(",").map((scope) => scope.trim()),
    clock: systemClock,
    timeoutMs: TIMEOUT_MS,
  });
  let token: string;
  try {
    token = await tokens.get();
    yield ok(`token of ${journal.name}`, `${journal.imsUrl} issued one`);
  } catch (error) {
    yield failed(
      `token of ${journal.name}`,
      faultText(error),
      "Check ADOBE_IMS_URL, ADOBE_CLIENT_ID, ADOBE_CLIENT_SECRET and ADOBE_SCOPES against the Adobe Developer Console.",
    );
    yield skipped(journal.name, "not asked, for want of a token");
    return;
  }
  yield await checkAnswer(journal, token);
}

async function checkAnswer(journal: JournalConfig, token: string): Promise<CheckResult> {
  const { requestPage } = await import("../../sources/journal-request.ts");
  const { startingUrl } = await import("../../sources/journal-url.ts");
  const url = startingUrl(journal.url, { at: "latest" });
  const asked = {
    url,
    token,
    clientId: journal.clientId,
    orgId: journal.orgId,
    timeoutMs: TIMEOUT_MS,
    maxPageBytes: 16 * 1_048_576,
    dispatcher: undefined,
    now: () => systemClock.now(),
  };
  const answer = await requestPage(asked, AbortSignal.timeout(TIMEOUT_MS + 1_000));
  if (answer.kind === "unauthorized") {
    return failed(
      journal.name,
      "refused the token (401)",
      "Check that ADOBE_ORG_ID is the organisation of the registration, and that the project has the I/O Management API.",
    );
  }
  if (answer.kind === "failed") {
    return failed(
      journal.name,
      answer.reason,
      "Check ADOBE_JOURNAL_URL: the console shows it with the registration.",
    );
  }
  return ok(journal.name, `${url.host} answers`);
}

export async function checkWebhook(config: Config): Promise<CheckResult> {
  if (config.webhook === undefined) return skipped("webhook", "off (ADOBE_WEBHOOK)");
  const origin = config.webhook.publicKeyOrigin;
  try {
    const response = await fetch(origin, { method: "HEAD", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return ok("webhook", `${origin}, where the keys of the signatures lie, answers (${response.status})`);
  } catch (error) {
    return failed(
      "webhook",
      `${origin}, where the keys of the signatures lie, does not answer: ${faultText(error)}`,
      "Let this machine reach it: without the keys no event of the webhook can be taken.",
    );
  }
}
