/**
 * `backfill`: has the running service read its journals again from some time on, and shows how far that has come.
 *
 * Ctrl-C ends the watching, not the reading.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { After202Error } from "../core/errors.ts";
import { EXIT } from "./exit-code.ts";
import { countText, numberText } from "./render/count-text.ts";
import { clockText } from "./render/time-text.ts";
import type { RepairJson, RepairList } from "./service-answers.ts";
import { openServiceClient, ServiceRefusal, type ServiceClient } from "./service-client.ts";
import { createLiveRegion } from "./terminal/live-region.ts";
import { printable } from "./terminal/printable.ts";

const POLL_MS = 500;
/** A service that is away for so long while it is watched is given up. */
const AWAY_MS = 60_000;

interface BackfillOptions {
  readonly since: string;
  readonly source?: string;
  readonly json?: true;
}

export function backfillCommand(): Command {
  return new Command("backfill")
    .description("have the service read its journals again from some time on (scope admin)")
    .requiredOption("--since <time>", "from when on: PT6H, P2D (back from now) or RFC 3339; at most 7 days")
    .option("--source <name>", "one journal; all when absent")
    .option("--json", "how it ended, as JSON")
    .addHelpText("after", "\nExits with 1 when a journal could not be read to its end.")
    .action(backfill);
}

async function backfill({ since, source, json }: BackfillOptions): Promise<void> {
  const client = openServiceClient();
  const order = { since, ...(source !== undefined && { source }) };
  const begun = await client.ask<RepairList>("/v1/stream/backfill", {
    method: "POST",
    body: JSON.stringify(order),
    contentType: "application/json",
  });
  const region = process.stdout.isTTY && !json ? createLiveRegion(process.stdout) : undefined;
  const ended = await watch(client, begun.items, (runs) => region?.draw(runs.map(lineOf).join("\n")));
  const text = json ? JSON.stringify({ items: ended }, undefined, 2) : ended.map(lineOf).join("\n");
  if (region === undefined) process.stdout.write(`${text}\n`);
  if (ended.some(({ state }) => state !== "done")) process.exitCode = EXIT.bad;
}

/** Asks until all have ended; a service that is away for a moment is waited for. */
async function watch(
  client: ServiceClient,
  begun: readonly RepairJson[],
  show: (runs: readonly RepairJson[]) => void,
): Promise<RepairJson[]> {
  let runs = [...begun];
  let answeredAt = Date.now();
  show(runs);
  while (runs.some(({ state }) => state === "running" || state === "waiting")) {
    await sleep(POLL_MS);
    try {
      runs = await Promise.all(
        runs.map((run) => client.ask<RepairJson>(`/v1/stream/repairs/${encodeURIComponent(run.repairId)}`)),
      );
      answeredAt = Date.now();
    } catch (error) {
      if (!isAway(error) || Date.now() - answeredAt > AWAY_MS) throw error;
    }
    show(runs);
  }
  return runs;
}

function isAway(error: unknown): boolean {
  if (!(error instanceof After202Error)) return false;
  return error.code === "SERVICE_UNREACHABLE" || (error instanceof ServiceRefusal && error.retryable);
}

/** `journal: done, up to 02:14:07 UTC; 12 pages, 11,204 events, 10 new, 11,194 duplicate, 0 dead` */
function lineOf(run: RepairJson): string {
  const { source, state, fault, reachedAt, pages, events, duplicate, dead } = run;
  const place = reachedAt === null ? "" : `, up to ${clockText(Date.parse(reachedAt))} UTC`;
  const why = fault === null ? "" : ` (${printable(fault)})`;
  const counts = `${countText(pages, "page")}, ${countText(events, "event")}, ${numberText(run.new)} new, `;
  return `${printable(source)}: ${state}${why}${place}; ${counts}${numberText(duplicate)} duplicate, ${numberText(dead)} dead`;
}
