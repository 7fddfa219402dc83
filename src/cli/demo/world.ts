/**
 * The demo's world: a simulator (Marketo and Data Cloud), a program that submits to it, and the service that watches, over real sockets.
 *
 * The data lies in a directory that is removed at the end, whatever ends it.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, openApp } from "../../app.ts";
import { loadConfig } from "../../config.ts";
import { SIMULATED } from "../../simulator/options.ts";
import { openSimulator, type Simulator } from "../../simulator/simulator.ts";
import { openBackfills } from "../../simulator/backfills.ts";
import { openRecordedCalls } from "../recorded-calls.ts";
import { openRecordedSubmitter } from "../recorded-submitter.ts";

export interface WorldOptions {
  readonly speed: number;
  /** Requests a second. */
  readonly rate: number;
  readonly seed: number;
  /** 0: any free one. */
  readonly port: number;
  /** The stream arrives by webhook as well. */
  readonly webhook: boolean;
  readonly logLevel: string;
}

export interface World {
  /** Of the service. */
  readonly url: string;
  readonly simulator: Simulator;
  /** Correlation id of the backfill into Data Cloud that was begun last. */
  backfill(): string | undefined;
  /** Nothing more is submitted, and what was is told. */
  endSubmitting(): Promise<void>;
  close(): Promise<void>;
}

/** @throws After202Error as openApp does */
export async function openWorld(options: WorldOptions): Promise<World> {
  const { speed, rate, seed } = options;
  const dataDir = mkdtempSync(join(tmpdir(), "after202-demo-"));
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true });
  process.on("exit", remove);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).reverse()) await step();
    remove();
  };
  try {
    const simulator = await openSimulator({ speed, seed });
    closers.push(() => simulator.close());
    const app = await openService(simulator, { ...options, dataDir });
    closers.push(() => app.close());
    if (options.webhook) await simulator.registerWebhook({ url: `${app.url}/v1/events/adobe`, batch: true });
    const submitter = openRecordedSubmitter({
      marketoUrl: simulator.marketoUrl,
      after202Url: app.url,
      linkKeySecret: randomUUID(),
      rate,
      seed,
      speed,
    });
    closers.push(() => submitter.close());
    const { salesforceUrl } = simulator;
    const calls = openRecordedCalls(app.url, undefined, salesforceUrl);
    closers.push(() => calls.close());
    const backfills = openBackfills({ salesforceUrl, call: calls.call, seed, speed });
    closers.push(() => backfills.close());
    return {
      url: app.url,
      simulator,
      backfill: () => backfills.latest(),
      async endSubmitting() {
        await Promise.all([submitter.close(), backfills.close()]);
        await calls.close();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where the simulated Data Cloud keeps the rows of its backfills that failed. */
const PROBLEM_RECORDS = `
salesforce:
  problemRecords: [{ object: Orders, table: PR_Orders__dll, timeColumn: recorded_at__c }]
`;

/** Nothing of the caller's settings gets in: the demo touches no real store and no real account. */
function openService(simulator: Simulator, options: WorldOptions & { dataDir: string }): Promise<App> {
  const env = {
    HOST: "127.0.0.1",
    PORT: String(options.port),
    LOG_LEVEL: options.logLevel,
    DATA_DIR: options.dataDir,
    API_AUTH: "off",
    RETRY_SPEED: String(options.speed),
    ADOBE_JOURNAL_URL: simulator.journalUrl,
    ADOBE_IMS_URL: simulator.imsUrl,
    ADOBE_CLIENT_ID: SIMULATED.clientId,
    ADOBE_CLIENT_SECRET: SIMULATED.clientSecret,
    ADOBE_ORG_ID: SIMULATED.organizationId,
    SALESFORCE_ORG_URL: simulator.salesforceUrl,
    SALESFORCE_ACCESS_TOKEN: SIMULATED.salesforceToken,
    ADOBE_WEBHOOK: options.webhook ? "on" : "off",
    ADOBE_PUBLIC_KEY_ORIGIN: simulator.origin,
  };
  return openApp(loadConfig(env, PROBLEM_RECORDS), { validationOrigin: simulator.origin });
}

/** The port, if it is free on loopback; else 0. */
export function portIfFree(port: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(0));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(port)));
  });
}
