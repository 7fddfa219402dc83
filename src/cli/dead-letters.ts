/**
 * `dead-letters`: what could not be read, where it breaks, running it again, giving it up.
 */
import { Command, Option } from "commander";
import { After202Error } from "../core/errors.ts";
import { EXIT } from "./exit-code.ts";
import { countValue } from "./option-values.ts";
import { countText, numberText } from "./render/count-text.ts";
import { renderDeadLetter, renderDeadLetters } from "./render/dead-letter.ts";
import type {
  DeadLetterDetailJson,
  DeadLetterJson,
  DeadLetterPage,
  DiscardReport,
  RedriveReport,
} from "./service-answers.ts";
import { openServiceClient, type ServiceClient } from "./service-client.ts";
import { confirm } from "./terminal/confirm.ts";
import { createLook } from "./terminal/look.ts";

interface FilterOptions {
  readonly code?: string;
  readonly path?: string;
  readonly since?: string;
}

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly body?: true;
  readonly json?: true;
}

interface OrderOptions extends FilterOptions {
  readonly all?: true;
  readonly yes?: true;
  readonly json?: true;
}

const PAGE = 500;
/** Running many again takes its time. */
const REDRIVE_TIMEOUT_MS = 10 * 60_000;

export function deadLettersCommand(): Command {
  const command = new Command("dead-letters").description("input that could not be read");
  withFilters(command.command("list"))
    .description("show dead letters, newest first, with the reason of each")
    .option("--limit <number>", "how many at most", countValue, 50)
    .option("--body", "with the input itself (scope admin); JSON only")
    .option("--json", "for programs")
    .action(list);
  command
    .command("show")
    .description("one dead letter, with its faults where they stand")
    .argument("<id>", "as `dead-letters list` shows it")
    .option("--json", "for programs, with the body")
    .action(show);
  withFilters(command.command("redrive"))
    .description("run dead letters again: those named, those of a filter, or all")
    .argument("[ids...]", "as `dead-letters list` shows them")
    .option("--all", "all of them, as when nothing is said")
    .option("--json", "for programs")
    .action(redrive);
  withFilters(command.command("discard"))
    .description("give dead letters up for good, with their bodies")
    .argument("[ids...]", "as `dead-letters list` shows them")
    .option("--all", "all of them")
    .option("-y, --yes", "without asking")
    .option("--json", "for programs")
    .action(discard);
  return command;
}

function withFilters(command: Command): Command {
  return command
    .option("--code <code>", "only those with this code")
    .addOption(new Option("--path <path>", "only those that arrived so: journal, webhook, relay, …"))
    .option("--since <time>", "only those since then: a time, or 6h, 7d");
}

function filtersOf({ code, path, since }: FilterOptions): Record<string, string> {
  return { ...(code && { code }), ...(path && { path }), ...(since && { since }) };
}

async function list({ limit, body, json, ...options }: ListOptions): Promise<void> {
  const client = openServiceClient();
  const items: DeadLetterJson[] = [];
  let cursor: string | null = null;
  do {
    const size = Math.min(PAGE, limit - items.length);
    const query = new URLSearchParams({
      ...filtersOf(options),
      limit: String(size),
      ...(body && { body: "true" }),
    });
    if (cursor !== null) query.set("cursor", cursor);
    const page: DeadLetterPage = await client.ask(`/v1/dead-letters?${query}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < limit);
  const text =
    json || body
      ? JSON.stringify({ items, nextCursor: cursor }, undefined, 2)
      : renderDeadLetters(items, cursor !== null, createLook(process.stdout));
  process.stdout.write(`${text}\n`);
}

async function show(id: string, { json }: { json?: true }): Promise<void> {
  const path = `/v1/dead-letters/${encodeURIComponent(id)}`;
  const letter = await openServiceClient().ask<DeadLetterDetailJson>(path);
  const text = json
    ? JSON.stringify(letter, undefined, 2)
    : renderDeadLetter(letter, createLook(process.stdout));
  process.stdout.write(`${text}\n`);
}

async function redrive(ids: string[], options: OrderOptions): Promise<void> {
  const order = orderOf(ids, options);
  const report = await redriveAll(openServiceClient(), order["all"] === true ? {} : order);
  const { read, redriven, dead, unknown } = report;
  if (options.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else {
    process.stdout.write(
      `read ${read}, redriven ${redriven}, new ${report.new}, duplicate ${report.duplicate}, dead ${dead}\n`,
    );
    tellUnknown(unknown);
  }
  if (dead > 0 || unknown.length > 0) process.exitCode = EXIT.bad;
}

async function discard(ids: string[], options: OrderOptions): Promise<void> {
  const order = orderOf(ids, options);
  if (Object.keys(order).length === 0) {
    throw new After202Error("INPUT_INVALID", "Say which: ids, --code, --path, --since, or --all.");
  }
  // an id is said on purpose; what a filter takes in is not seen
  if (ids.length === 0 && options.yes !== true && !(await confirm(questionOf(options)))) {
    process.stdout.write("nothing was discarded\n");
    return;
  }
  const report = await post<DiscardReport>(openServiceClient(), "discard", order);
  if (options.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else {
    process.stdout.write(`discarded ${countText(report.discarded, "dead letter")}\n`);
    tellUnknown(report.unknown);
  }
  if (report.unknown.length > 0) process.exitCode = EXIT.bad;
}

function questionOf(options: OrderOptions): string {
  const filters = Object.entries(filtersOf(options)).map(([name, value]) => `${name} ${value}`);
  const which = filters.length === 0 ? "all dead letters" : `the dead letters with ${filters.join(", ")}`;
  return `Discard ${which}, and their bodies, for good?`;
}

function orderOf(ids: readonly string[], options: OrderOptions): Record<string, unknown> {
  return { ...(ids.length > 0 && { ids }), ...filtersOf(options), ...(options.all && { all: true }) };
}

function tellUnknown(unknown: readonly string[]): void {
  if (unknown.length > 0)
    process.stderr.write(`${numberText(unknown.length)} unknown: ${unknown.join(", ")}\n`);
}

function post<T>(client: ServiceClient, what: string, order: Record<string, unknown>): Promise<T> {
  return client.ask<T>(`/v1/dead-letters/${what}`, {
    method: "POST",
    timeoutMs: REDRIVE_TIMEOUT_MS,
    ...(Object.keys(order).length === 0
      ? {}
      : { body: JSON.stringify(order), contentType: "application/json" }),
  });
}

/** Calls again while there are more and it helps: letters that stay dead would come first again. */
async function redriveAll(client: ServiceClient, order: Record<string, unknown>): Promise<RedriveReport> {
  let sum: RedriveReport | undefined;
  for (;;) {
    const report = await post<RedriveReport>(client, "redrive", order);
    sum = sum === undefined ? report : addReports(sum, report);
    if (!report.more || report.redriven === 0) return sum;
  }
}

/** Letters that stay dead are met in every call; they count once. */
function addReports(a: RedriveReport, b: RedriveReport): RedriveReport {
  return {
    read: a.read + b.redriven,
    redriven: a.redriven + b.redriven,
    dead: b.dead,
    unknown: [...a.unknown, ...b.unknown],
    new: a.new + b.new,
    duplicate: a.duplicate + b.duplicate,
    more: b.more,
  };
}
