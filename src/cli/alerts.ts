/**
 * `alerts`: what needs somebody, taking it on, keeping it quiet for a time, and trying the hooks.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { ALERT_RULES } from "../core/alert.ts";
import { type Matcher, SILENCE_LABELS } from "../core/silence.ts";
import type {
  AlertDetailJson,
  AlertJson,
  AlertPage,
  HookTestReport,
  SilenceEndJson,
  SilenceJson,
} from "./alert-answers.ts";
import { EXIT } from "./exit-code.ts";
import { countValue, durationValue } from "./option-values.ts";
import { renderAlert, renderAlerts } from "./render/alert.ts";
import { parseMatcher, renderSilences } from "./render/alert-silence.ts";
import { renderTable } from "./render/table.ts";
import { momentText } from "./render/time-text.ts";
import { openServiceClient, type ServiceClient } from "./service-client.ts";
import { createLook } from "./terminal/look.ts";
import { printable } from "./terminal/printable.ts";

const PAGE = 500;
/** A hook that does not answer is given up by the service well before. */
const TEST_TIMEOUT_MS = 60_000;

interface Json {
  readonly json?: true;
}

interface ListOptions extends Json {
  readonly status?: string;
  readonly rule?: string;
  readonly instance?: string;
  readonly objectName?: string;
  readonly limit: number;
}

interface SilenceOptions extends Json {
  readonly match: readonly Matcher[];
  readonly for: number;
  readonly by?: string;
  readonly comment?: string;
}

export function alertsCommand(): Command {
  const command = new Command("alerts").description("what needs somebody, and who was told");
  const json = (): Option => new Option("--json", "for programs");
  command
    .command("list", { isDefault: true })
    .description("show alerts, newest first (done when no other is named)")
    .addOption(new Option("--status <status>", "only those").choices(["firing", "resolved", "recovered"]))
    .addOption(new Option("--rule <rule>", "only those of this rule").choices(ALERT_RULES))
    .option("--instance <id>", "only those about this instance")
    .option("--object-name <name>", "only those about this custom object")
    .option("--limit <number>", "how many at most", countValue, 50)
    .addOption(json())
    .action(list);
  command
    .command("show")
    .description("show one, with its history, its reasons and who was told")
    .argument("<id>", "as the list shows it")
    .addOption(json())
    .action(show);
  command
    .command("ack")
    .description("take one on: it is not repeated")
    .argument("<id>", "as the list shows it")
    .requiredOption("--by <name>", "who takes it on")
    .option("--comment <text>", "what others should know")
    .addOption(json())
    .action(acknowledge);
  command
    .command("silence")
    .description("keep the hooks quiet for a time about alerts that match")
    .requiredOption(
      "--match <label=value>",
      `${SILENCE_LABELS.join(", ")}; ^= for a beginning; again for more`,
      matcherValue,
    )
    .requiredOption("--for <duration>", "such as 2h or 90m", durationValue)
    .option("--by <name>", "who wants it quiet")
    .option("--comment <text>", "why")
    .addOption(json())
    .action(silence);
  command
    .command("silences")
    .description("show what keeps the hooks quiet")
    .addOption(json())
    .action(silences);
  command
    .command("unsilence")
    .description("end a silence before its time: hooks hear of what matches again")
    .argument("<id>", "as silences shows it")
    .addOption(json())
    .action(unsilence);
  command
    .command("test")
    .description("send a test alert to the hooks")
    .option("--hook <name>", "to this one only")
    .addOption(json())
    .action(test);
  return command;
}

async function list({ json, limit, ...filters }: ListOptions): Promise<void> {
  const client = openServiceClient();
  const items: AlertJson[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ ...filters, limit: String(Math.min(PAGE, limit - items.length)) });
    if (cursor !== null) query.set("cursor", cursor);
    const page: AlertPage = await client.ask(`/v1/alerts?${query}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < limit);
  const more = cursor === null ? "" : "\n… and more: --limit shows them";
  tell(json, { items, nextCursor: cursor }, () => renderAlerts(items, Date.now(), look()) + more);
}

async function show(id: string, { json }: Json): Promise<void> {
  const one = await openServiceClient().ask<AlertDetailJson>(alertPath(id));
  tell(json, one, () => renderAlert(one, Date.now(), look()));
}

async function acknowledge(
  id: string,
  { by, comment, json }: Json & { by: string; comment?: string },
): Promise<void> {
  const one = await post<AlertJson>(openServiceClient(), `${alertPath(id)}/acknowledge`, { by, comment });
  tell(json, one, () => `${printable(one.type)} is taken on by ${printable(one.acknowledgedBy ?? by)}`);
}

async function silence({ match, for: forMs, by, comment, json }: SilenceOptions): Promise<void> {
  const order = { matchers: match, until: `${forMs}ms`, by, comment };
  const made = await post<SilenceJson>(openServiceClient(), "/v1/silences", order);
  tell(
    json,
    made,
    () => `silence ${made.silenceId} holds until ${momentText(Date.parse(made.until), Date.now())}`,
  );
}

async function silences({ json }: Json): Promise<void> {
  const answer = await openServiceClient().ask<{ items: SilenceJson[] }>("/v1/silences");
  tell(json, answer, () => renderSilences(answer.items, Date.now(), look()));
}

async function unsilence(id: string, { json }: Json): Promise<void> {
  const path = `/v1/silences/${encodeURIComponent(id)}`;
  const ended = await openServiceClient().ask<SilenceEndJson>(path, { method: "DELETE" });
  tell(json, ended, () => `silence ${printable(ended.silenceId)} is over`);
}

/** Exit 1 when a hook was not reached. */
async function test({ hook, json }: Json & { hook?: string }): Promise<void> {
  const report = await post<HookTestReport>(openServiceClient(), "/v1/alerts/test", { hook });
  const rows = report.hooks.map((one) => [one.hook, one.outcome, one.reason ?? ""]);
  tell(json, report, () =>
    rows.length === 0
      ? "no hooks: ALERT_WEBHOOK_URL, SLACK_WEBHOOK_URL, ALERTMANAGER_URL or PAGERDUTY_ROUTING_KEY set one"
      : renderTable(["hook", "outcome", ""], rows, look()),
  );
  if (report.hooks.some((one) => one.outcome !== "delivered")) process.exitCode = EXIT.bad;
}

function post<T>(client: ServiceClient, path: string, body: object): Promise<T> {
  return client.ask<T>(path, {
    method: "POST",
    body: JSON.stringify(body),
    contentType: "application/json",
    timeoutMs: TEST_TIMEOUT_MS,
  });
}

function alertPath(id: string): string {
  return `/v1/alerts/${encodeURIComponent(id)}`;
}

function tell(json: true | undefined, answer: object, render: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(answer, undefined, 2) : render()}\n`);
}

function look() {
  return createLook(process.stdout);
}

function matcherValue(text: string, before: readonly Matcher[] = []): readonly Matcher[] {
  const matcher = parseMatcher(text);
  if (matcher !== undefined) return [...before, matcher];
  throw new InvalidArgumentError(
    `Expected label=value or label^=beginning; labels are ${SILENCE_LABELS.join(", ")}.`,
  );
}
