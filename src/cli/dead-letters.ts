/**
 * `dead-letters`: what could not be read, and running it again.
 */
import { Command } from "commander";
import { EXIT } from "./exit-code.ts";
import { countValue } from "./option-values.ts";
import { numberText } from "./render/count-text.ts";
import { renderTable } from "./render/table.ts";
import type { DeadLetterJson, DeadLetterPage, RedriveReport } from "./service-answers.ts";
import { openServiceClient, type ServiceClient } from "./service-client.ts";
import { createLook } from "./terminal/look.ts";

interface ListOptions {
  readonly limit: number;
  readonly body?: true;
  readonly json?: true;
}

const PAGE = 500;
/** Running many again takes its time. */
const REDRIVE_TIMEOUT_MS = 10 * 60_000;

export function deadLettersCommand(): Command {
  const command = new Command("dead-letters").description("input that could not be read");
  command
    .command("list")
    .description("show dead letters, with the reason of each")
    .option("--limit <number>", "how many at most", countValue, 50)
    .option("--body", "with the input itself (scope admin); JSON only")
    .option("--json", "for programs")
    .action(list);
  command
    .command("redrive")
    .description("run dead letters again: those named, or all")
    .argument("[ids...]", "as `dead-letters list` shows them")
    .option("--json", "for programs")
    .action(redrive);
  return command;
}

async function list({ limit, body, json }: ListOptions): Promise<void> {
  const client = openServiceClient();
  const items: DeadLetterJson[] = [];
  let cursor: string | null = null;
  do {
    const size = Math.min(PAGE, limit - items.length);
    const query = new URLSearchParams({ limit: String(size), ...(body && { body: "true" }) });
    if (cursor !== null) query.set("cursor", cursor);
    const page: DeadLetterPage = await client.ask(`/v1/dead-letters?${query}`);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < limit);
  if (json || body) {
    process.stdout.write(`${JSON.stringify({ items, nextCursor: cursor }, undefined, 2)}\n`);
    return;
  }
  process.stdout.write(`${renderDeadLetters(items, cursor !== null)}\n`);
}

function renderDeadLetters(items: readonly DeadLetterJson[], more: boolean): string {
  if (items.length === 0) return "no dead letters";
  const rows = items.map((one) => [one.deadLetterId, one.at, one.source, one.code, one.reason]);
  const table = renderTable(["id", "at", "source", "code", "reason"], rows, createLook(process.stdout));
  return more ? `${table}\n… and more: --limit shows them` : table;
}

async function redrive(ids: string[], { json }: { json?: true }): Promise<void> {
  const client = openServiceClient();
  const report = await redriveAll(client, ids);
  const { read, redriven, dead, unknown } = report;
  if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else {
    process.stdout.write(
      `read ${read}, redriven ${redriven}, new ${report.new}, duplicate ${report.duplicate}, dead ${dead}\n`,
    );
    if (unknown.length > 0)
      process.stderr.write(`${numberText(unknown.length)} unknown: ${unknown.join(", ")}\n`);
  }
  if (dead > 0 || unknown.length > 0) process.exitCode = EXIT.bad;
}

/** Calls again while there are more and it helps: letters that stay dead would come first again. */
async function redriveAll(client: ServiceClient, ids: readonly string[]): Promise<RedriveReport> {
  let sum: RedriveReport | undefined;
  for (;;) {
    const report = await client.ask<RedriveReport>("/v1/dead-letters/redrive", {
      method: "POST",
      timeoutMs: REDRIVE_TIMEOUT_MS,
      ...(ids.length === 0 ? {} : { body: JSON.stringify({ ids }), contentType: "application/json" }),
    });
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
