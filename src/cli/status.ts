/**
 * `status`: what became of a request, or of all requests of a correlation.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { After202Error } from "../core/errors.ts";
import { openLinkValues } from "./link-values.ts";
import { exitCodeOf, type Finding, isSettled, lookUp } from "./look-up.ts";
import { showMissing } from "./show-missing.ts";
import { openServiceClient, type ServiceClient } from "./service-client.ts";
import { showFinding } from "./show-finding.ts";
import { createLiveRegion } from "./terminal/live-region.ts";
import { createLook } from "./terminal/look.ts";

interface StatusOptions {
  readonly json?: true;
  readonly watch?: true;
  readonly missing?: true;
  readonly linkValues?: string;
}

const REFRESH_MS = 1_000;
/** A watch outlives a restart of the service, but not its end. */
const PATIENCE_MS = 120_000;

export function statusCommand(): Command {
  return new Command("status")
    .description("tell what became of a request, or of the requests of a correlation")
    .argument("<id>", "request id, or correlation id")
    .option("--json", "the service's own JSON")
    .option("--watch", "again and again until it is settled; JSON: a line for each change")
    .addOption(
      new Option("--missing", "only the persons that a request waits for, all of them").conflicts("watch"),
    )
    .option("--link-values <dir>", "spool directory of your recorder: persons are named by your own values")
    .action(status);
}

async function status(id: string, options: StatusOptions): Promise<void> {
  const client = openServiceClient();
  const linkValues = openLinkValues(options.linkValues);
  const found = await lookUp(client, id);
  if (options.missing) {
    process.stdout.write(`${await showMissing(client, found, options.json === true, linkValues)}\n`);
    process.exitCode = exitCodeOf(found);
    return;
  }
  const last = options.watch ? await watch(client, id, found, options) : found;
  if (!options.watch) process.stdout.write(`${await textOf(client, found, options)}\n`);
  process.exitCode = exitCodeOf(last);
}

function textOf(client: ServiceClient, found: Finding, options: StatusOptions): Promise<string> | string {
  if (options.json) return JSON.stringify(found.json, undefined, options.watch ? undefined : 2);
  return showFinding(client, found, createLook(process.stdout), openLinkValues(options.linkValues));
}

async function watch(
  client: ServiceClient,
  id: string,
  first: Finding,
  options: StatusOptions,
): Promise<Finding> {
  const region = createLiveRegion(process.stdout);
  const inPlace = process.stdout.isTTY && !options.json;
  let found = first;
  let told = "";
  let answeredAt = Date.now();
  for (;;) {
    const now = JSON.stringify(found.json);
    if (inPlace) region.draw(await textOf(client, found, options));
    else if (now !== told) process.stdout.write(`${await textOf(client, found, options)}\n`);
    told = now;
    if (isSettled(found)) return found;
    await sleep(REFRESH_MS);
    try {
      found = await lookUp(client, id);
      answeredAt = Date.now();
    } catch (error) {
      const away = error instanceof After202Error && error.retryable;
      if (!away || Date.now() - answeredAt > PATIENCE_MS) throw error;
    }
  }
}
