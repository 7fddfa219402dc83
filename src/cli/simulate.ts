/**
 * `simulate`: a Marketo, its observability stream, Adobe I/O Events and a Data Cloud on loopback, until Ctrl-C.
 *
 * Prints what after202 has to be pointed at; with `--target` it also submits, as a customer's program would.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { RETRY_POLICIES, type RetryPolicyName } from "../core/retry-policy.ts";
import type { FaultsPatch } from "../simulator/faults.ts";
import { STREAM_PATHS } from "../simulator/stream/paths.ts";
import { SIMULATED } from "../simulator/options.ts";
import { openSimulator, type Simulator } from "../simulator/simulator.ts";
import { type Backfills, openBackfills } from "../simulator/backfills.ts";
import type { Submitter } from "../simulator/submitter.ts";
import { type PathShares, parsePathShares, parseShare } from "./path-shares.ts";
import { openRecordedCalls } from "./recorded-calls.ts";
import { openRecordedSubmitter } from "./recorded-submitter.ts";

interface SimulateOptions {
  port: number;
  speed: number;
  seed?: number;
  policy: RetryPolicyName;
  salesforce: boolean;
  target?: string;
  apiKey?: string;
  rate: number;
  webhook?: string;
  batch: boolean;
  preload?: number;
  duplicates: PathShares;
  disorder: PathShares;
  drops: PathShares;
  malformed: number;
  journalErrors: number;
  linkFailure: "reported" | "silent";
  received: "total" | "chunk";
}

const BY_PATH = "by path: journal=0.05,sse=0.1 (paths: journal, webhook, sse, websocket)";

export function simulateCommand(): Command {
  return new Command("simulate")
    .description(
      "run a Marketo Data Ingestion API with its stream, journal and webhooks, and a Data Cloud, on loopback",
    )
    .option("--port <port>", "port on 127.0.0.1", number, 8203)
    .option("--speed <factor>", "how many times faster than the wall clock", number, 1)
    .option("--seed <number>", "repeat an earlier run (default: a new one each time)", number)
    .addOption(
      new Option("--policy <name>", "retry schedule of the service")
        .choices(Object.keys(RETRY_POLICIES))
        .default("marketo-2023"),
    )
    .option("--no-salesforce", "with --target: submit to Marketo only")
    .option("--target <url>", "also submit, and report each attempt to the after202 there")
    .option("--api-key <key>", "key for that after202, with the scope submit", process.env["AFTER202_KEY"])
    .option("--rate <number>", "requests a second to submit", number, 5)
    .option("--webhook <url>", "deliver the stream to this webhook, too")
    .option("--batch", "deliver to it in batches of up to 20", false)
    .option("--preload <events>", "fill the journal with generated results events", number)
    .addOption(
      new Option("--link-failure <mode>", "how an exhausted link retry ends")
        .choices(["reported", "silent"])
        .default("reported"),
    )
    .addOption(
      new Option("--received <meaning>", "what `received` counts in results events")
        .choices(["total", "chunk"])
        .default("total"),
    )
    .addOption(shares("--duplicates <rates>", `share of events that come twice; ${BY_PATH}`))
    .addOption(shares("--disorder <rates>", "share of events that come late; by path likewise"))
    .addOption(shares("--drops <rates>", "share of events that never come; by path likewise"))
    .option("--malformed <rate>", "malformed events, as a share of the good ones", parseShare, 0)
    .option(
      "--journal-errors <rate>",
      "share of journal requests that fail (429, 500, 503, reset)",
      parseShare,
      0,
    )
    .action(simulate);
}

function shares(flags: string, description: string): Option {
  const none: PathShares = { all: 0, byPath: {} };
  return new Option(flags, description).argParser(parsePathShares).default(none, "0");
}

async function simulate(options: SimulateOptions): Promise<void> {
  const seed = options.seed ?? Date.now() % 1_000_000;
  const each = options.journalErrors / 4;
  const simulator = await openSimulator({
    port: options.port,
    speed: options.speed,
    seed,
    policy: options.policy,
    marketo: { linkFailure: options.linkFailure },
    results: { received: options.received },
    faults: {
      stream: {
        duplicateRate: options.duplicates.all,
        delayRate: options.disorder.all,
        dropRate: options.drops.all,
        malformedRate: options.malformed,
      },
      paths: pathFaults(options),
      journal: { statuses: { "429": each, "500": each, "503": each }, resetRate: each },
    },
    ...(options.preload === undefined ? {} : { preload: { events: options.preload } }),
    ...(options.webhook === undefined ? {} : { webhooks: [{ url: options.webhook, batch: options.batch }] }),
  });
  console.log(describe(simulator));
  const submitter = openSubmitting(simulator, options, seed);
  const backfills = openBackfilling(simulator, options, seed);
  if (submitter !== null)
    console.log(`submitting    ${options.rate} requests/s, reported to ${options.target}`);
  console.log("Ctrl-C ends it.");

  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await backfills?.close();
  const unreported = (await submitter?.close()) ?? 0;
  if (unreported > 0) console.error(`${unreported} submissions could not be reported`);
  await simulator.close();
}

function pathFaults({ duplicates, disorder, drops }: SimulateOptions): FaultsPatch["paths"] & object {
  return Object.fromEntries(
    STREAM_PATHS.map((path) => [
      path,
      {
        duplicateRate: duplicates.byPath[path] ?? 0,
        delayRate: disorder.byPath[path] ?? 0,
        dropRate: drops.byPath[path] ?? 0,
      },
    ]),
  );
}

function openSubmitting(simulator: Simulator, options: SimulateOptions, seed: number): Submitter | null {
  if (options.target === undefined) return null;
  return openRecordedSubmitter({
    marketoUrl: simulator.marketoUrl,
    after202Url: options.target.replace(/\/+$/, ""),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
    rate: options.rate,
    seed,
    speed: options.speed,
  });
}

function openBackfilling(simulator: Simulator, options: SimulateOptions, seed: number): Backfills | null {
  if (options.target === undefined || !options.salesforce) return null;
  const { salesforceUrl, settings } = simulator;
  const calls = openRecordedCalls(options.target.replace(/\/+$/, ""), options.apiKey, salesforceUrl);
  const backfills = openBackfills({ salesforceUrl, call: calls.call, seed, speed: settings.speed });
  return {
    latest: backfills.latest,
    async close() {
      await backfills.close();
      await calls.close();
    },
  };
}

function describe(simulator: Simulator): string {
  const { speed, policy, seed } = simulator.settings;
  return [
    `simulator     ${simulator.origin}/_simulator   (truth: /_simulator/truth, faults: /_simulator/faults)`,
    `settings      speed ${speed}, policy ${policy.name}, seed ${seed}`,
    `Marketo API   ${simulator.marketoUrl}/subscriptions/${SIMULATED.instance}/persons …`,
    `              X-Mkto-User-Token: ${SIMULATED.userToken}`,
    `Data Cloud    ${simulator.salesforceUrl}/api/v1/ingest/jobs …   (token: /services/a360/token for ${SIMULATED.salesforceToken})`,
    "",
    "Point after202 at it with:",
    `  ADOBE_JOURNAL_URL=${simulator.journalUrl}`,
    `  ADOBE_IMS_URL=${simulator.imsUrl}`,
    `  ADOBE_CLIENT_ID=${SIMULATED.clientId}`,
    `  ADOBE_CLIENT_SECRET=${SIMULATED.clientSecret}`,
    `  ADOBE_ORG_ID=${SIMULATED.organizationId}`,
    `  ADOBE_PUBLIC_KEY_ORIGIN=${simulator.origin}`,
    `  SSE_URL=${simulator.sseUrl}`,
    `  WEBSOCKET_URL=${simulator.websocketUrl}`,
    "  WEBSOCKET_ACKS=on",
    `  SALESFORCE_ORG_URL=${simulator.salesforceUrl}`,
    `  SALESFORCE_ACCESS_TOKEN=${SIMULATED.salesforceToken}`,
    `  RETRY_POLICY=${policy.name}`,
    "",
  ].join("\n");
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError("not a number of 0 or more");
  }
  return value;
}
