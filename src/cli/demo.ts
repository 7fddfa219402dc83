/**
 * `demo`: after202 at work on a simulated Marketo and a simulated Data Cloud, to be looked at: nothing to set up, nothing left behind.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { LifecycleJson } from "../core/lifecycle-json.ts";
import { boardLine, commandFor, type DemoPlace, renderBanner, renderBoard } from "./demo/board.ts";
import { alertLine, openAlertWatch, renderAlerts } from "./demo/alert-watch.ts";
import { type Census, listRequests, openCensus } from "./demo/census.ts";
import { type Comparison, compareWithTruth, renderComparison } from "./demo/comparison.ts";
import type { World } from "./demo/world.ts";
import { EXIT } from "./exit-code.ts";
import { countValue, positiveValue } from "./option-values.ts";
import { stateText } from "./render/state.ts";
import { openServiceClient, type ServiceClient } from "./service-client.ts";
import { openSignals } from "./signals.ts";
import { createLiveRegion } from "./terminal/live-region.ts";
import { createLook, type Look } from "./terminal/look.ts";

interface DemoOptions {
  readonly speed: number;
  readonly rate: number;
  readonly minutes?: number;
  readonly seed?: number;
  readonly webhook?: true;
}

const DEFAULT_PORT = 8202;
const REFRESH_MS = 1_000;
/** Without a terminal. */
const LINE_EVERY_MS = 10_000;
/** How long news of what has just settled is waited for at the end. */
const SETTLE_MS = 8_000;

export function demoCommand(): Command {
  return new Command("demo")
    .description(
      "watch after202 at work on a simulated Marketo and Data Cloud; nothing to set up, nothing left behind",
    )
    .option("--speed <factor>", "how many times faster Marketo's clock runs", positiveValue, 60)
    .option("--rate <number>", "requests a second", positiveValue, 5)
    .option("--minutes <number>", "end by itself after so many real minutes (default: Ctrl-C)", positiveValue)
    .option("--seed <number>", "repeat an earlier run (default: a new one each time)", countValue)
    .option("--webhook", "deliver the stream by webhook, too: everything arrives twice and counts once")
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const signals = openSignals();
  const look = createLook(process.stdout);
  const { openWorld, portIfFree } = await import("./demo/world.ts");
  const wanted = Number(process.env["PORT"] || DEFAULT_PORT);
  const port = await portIfFree(wanted);
  const world = await openWorld({
    speed: options.speed,
    rate: options.rate,
    seed: options.seed ?? (Date.now() % 1_000_000) + 1,
    port,
    webhook: options.webhook === true,
    logLevel: process.env["LOG_LEVEL"] || "silent",
  });
  const place: DemoPlace = {
    url: world.url,
    simulatorOrigin: world.simulator.origin,
    speed: options.speed,
    rate: options.rate,
    takenPort: port === wanted ? undefined : wanted,
  };
  process.stdout.write(`${renderBanner(place, look)}\n`);
  const client = openServiceClient({ AFTER202_URL: world.url });
  try {
    await show(client, place, look, world, endOf(options.minutes, signals.stopping));
    process.stdout.write("\nEnding: nothing more is submitted.\n");
    const found = await compare(client, world, options.speed);
    process.stdout.write(`${renderComparison(found, look)}\n`);
    if (found.differing.length > 0) process.exitCode = EXIT.bad;
  } finally {
    await world.close();
    signals.close();
  }
}

/** Aborts at the first signal, or after so many minutes. */
function endOf(minutes: number | undefined, stopping: AbortSignal): AbortSignal {
  if (minutes === undefined) return stopping;
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), Math.min(2 ** 31 - 1, minutes * 60_000));
  stopping.addEventListener("abort", () => {
    clearTimeout(timer);
    end.abort();
  });
  return end.signal;
}

/** Shows how requests move through their states, until the signal aborts. */
async function show(
  client: ServiceClient,
  place: DemoPlace,
  look: Look,
  world: World,
  end: AbortSignal,
): Promise<void> {
  const takeCensus = openCensus(client);
  const alerts = openAlertWatch(client);
  const region = createLiveRegion(process.stdout);
  const startedAt = Date.now();
  const told = new Set<string>();
  let toldAt = startedAt;
  while (!end.aborted) {
    const census = await takeCensus();
    const { newest, news } = await alerts.take();
    const elapsedMs = Date.now() - startedAt;
    if (process.stdout.isTTY) {
      const board = renderBoard(census, place, elapsedMs, look, world.backfill());
      region.draw(`${board}\n${renderAlerts(newest, look)}`);
    } else {
      tellNewStates(census, place, told);
      tellBackfill(world.backfill(), place, told);
      for (const alert of news) process.stdout.write(`${alertLine(alert)}\n`);
      if (Date.now() - toldAt >= LINE_EVERY_MS) {
        toldAt = Date.now();
        process.stdout.write(`${boardLine(census, elapsedMs)}\n`);
      }
    }
    await sleep(REFRESH_MS, undefined, { signal: end }).catch(() => undefined);
  }
}

function tellNewStates({ samples }: Census, { url }: DemoPlace, told: Set<string>): void {
  for (const [state, id] of samples) {
    if (told.has(state)) continue;
    told.add(state);
    process.stdout.write(`first ${stateText(state)}: ${commandFor(url, id)}\n`);
  }
}

function tellBackfill(backfill: string | undefined, { url }: DemoPlace, told: Set<string>): void {
  if (backfill === undefined || told.has(backfill)) return;
  told.add(backfill);
  process.stdout.write(`backfill into Data Cloud: ${commandFor(url, backfill)}\n`);
}

/** Compares as soon as the service knows of all that has settled, or when it is time. */
async function compare(client: ServiceClient, world: World, speed: number): Promise<Comparison> {
  await world.endSubmitting();
  const endsAt = Date.now() + Math.max(2_000, Math.min(SETTLE_MS, (6 * 60_000) / speed + 2_000));
  const truth = structuredClone(world.simulator.truth()); // the books are kept on while we look
  for (;;) {
    const lifecycles = new Map<string, LifecycleJson>();
    for await (const one of listRequests(client, 0)) lifecycles.set(one.requestId, one);
    const found = compareWithTruth(truth, lifecycles);
    if (found.behind === 0 || Date.now() >= endsAt) return found;
    await sleep(REFRESH_MS);
  }
}
