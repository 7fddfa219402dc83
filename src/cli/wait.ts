/**
 * `wait`: returns when a request, or every request of a correlation, is settled.
 *
 * Asks in turns that are short enough for proxies. Once the service has answered it may go away for a while: a restart
 * does not end the wait, only the timeout does. An id that nobody knows yet is waited for as well.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { After202Error } from "../core/errors.ts";
import type { LifecycleJson } from "../core/lifecycle-json.ts";
import { EXIT } from "./exit-code.ts";
import { exitCodeOf, type Finding, isSettled, lookUp, requestPath } from "./look-up.ts";
import { durationValue } from "./option-values.ts";
import { headlineOf } from "./render/headline.ts";
import { rollupHeadline } from "./render/correlation.ts";
import { openServiceClient, type ServiceClient } from "./service-client.ts";

interface WaitOptions {
  readonly timeout: number;
  readonly json?: true;
}

/** One long poll, and the pause between looks where there is none. */
const TURN_MS = 25_000;
const PAUSE_MS = 1_000;
/** The answer to a long poll may be late by this. */
const MARGIN_MS = 10_000;

export function waitCommand(): Command {
  return new Command("wait")
    .description("wait until a request, or every request of a correlation, is settled")
    .argument("<id>", "request id, or correlation id")
    .addOption(
      new Option("--timeout <duration>", "how long to wait, such as 65m, 90s, 1h30m")
        .argParser(durationValue)
        .default(65 * 60_000, "65m"),
    )
    .option("--json", "the service's own JSON")
    .action(wait);
}

async function wait(id: string, { timeout, json }: WaitOptions): Promise<void> {
  const found = await waitUntilSettled(openServiceClient(), id, timeout);
  const text = json ? JSON.stringify(found.json, undefined, 2) : sentenceOf(found);
  process.stdout.write(`${text}\n`);
  process.exitCode = exitCodeOf(found);
  if (isSettled(found)) return;
  process.exitCode = EXIT.open;
  process.stderr.write("Not settled in time.\n");
}

function sentenceOf(found: Finding): string {
  if (found.kind === "request") return headlineOf(found.json, Date.now());
  return rollupHeadline(found.json, Date.now());
}

/** @returns what it stands at when settled, or when the time is up @throws what the last look met, if it met nothing */
async function waitUntilSettled(client: ServiceClient, id: string, timeoutMs: number): Promise<Finding> {
  const endsAt = Date.now() + timeoutMs;
  let last: Finding | undefined;
  let fault: unknown;
  let answered = false;
  for (let turn = 0; ; turn += 1) {
    const leftMs = endsAt - Date.now();
    if (turn > 0 && leftMs <= 0) break;
    try {
      last = last?.kind === "request" ? await longPoll(client, id, leftMs) : await lookUp(client, id);
      fault = undefined;
      answered = true;
      if (isSettled(last)) return last;
      if (last.kind === "request") continue;
    } catch (error) {
      fault = error;
      if (!mayPass(error, answered)) throw error;
      answered ||= isUnknown(error);
    }
    await sleep(Math.max(0, Math.min(PAUSE_MS, endsAt - Date.now())));
  }
  if (fault !== undefined || last === undefined) throw fault;
  return last;
}

async function longPoll(client: ServiceClient, id: string, leftMs: number): Promise<Finding> {
  const turnMs = Math.max(0, Math.min(TURN_MS, Math.round(leftMs)));
  const json = await client.ask<LifecycleJson>(`${requestPath(id)}/wait?timeoutMs=${turnMs}`, {
    timeoutMs: turnMs + MARGIN_MS,
  });
  return { kind: "request", json };
}

/** Nobody there at the very first look is most likely a wrong AFTER202_URL: told at once. */
function mayPass(error: unknown, answered: boolean): boolean {
  return isUnknown(error) || (answered && error instanceof After202Error && error.retryable);
}

function isUnknown(error: unknown): boolean {
  return error instanceof After202Error && error.code === "REQUEST_UNKNOWN";
}
