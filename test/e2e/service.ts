/**
 * The service as tests run it: in this process, on a free port, on either store path.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, type AppOptions, createLogger, openApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { type ClickHouseEndpoint, openClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { openStore } from "../../src/store/store.ts";
import { openFiveProcesses } from "./five-service.ts";
import { type ServiceApi, serviceApi } from "./service-api.ts";

export type Environment = Readonly<Record<string, string>>;

export interface Service {
  readonly url: string;
  readonly app: App;
  readonly api: ServiceApi;
  /** The endpoint behind a store over HTTP. */
  readonly endpoint: ClickHouseEndpoint | undefined;
  close(): Promise<void>;
}

/** `npm run test:five`: whatever store a test names, the service is five processes on a server. */
export const IS_FIVE = process.env["TEST_SUITE"] === "five";

export type ServiceStore = "embedded" | "server over HTTP";
export const SERVICE_STORES: readonly ServiceStore[] = IS_FIVE
  ? ["server over HTTP"]
  : ["embedded", "server over HTTP"];

/** A directory for a store, that is there until the test removes it. */
export function makeDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), "after202-e2e-"));
}

export async function removeDataDir(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
}

/** Settings of every service under test. */
export const QUIET: Environment = { PORT: "0", API_AUTH: "off", LOG_LEVEL: "error" };

/** Settings of a service that reads the simulator's journal on the simulator's clock. */
export function environmentOf(simulator: Simulator): Environment {
  return {
    ...QUIET,
    RETRY_SPEED: String(simulator.settings.speed),
    ADOBE_JOURNAL_URL: simulator.journalUrl,
    ADOBE_IMS_URL: simulator.imsUrl,
    ADOBE_CLIENT_ID: SIMULATED.clientId,
    ADOBE_CLIENT_SECRET: SIMULATED.clientSecret,
    ADOBE_ORG_ID: SIMULATED.organizationId,
  };
}

/** `fileText` is that of the YAML file. A DATA_DIR among the settings stays when the service is closed; without one it has its own. */
export async function openService(
  store: ServiceStore,
  env: Environment = QUIET,
  options: AppOptions = {},
  fileText = "",
): Promise<Service> {
  if (IS_FIVE) return openFive(env, fileText);
  const dataDir = env["DATA_DIR"] ?? (await makeDataDir());
  const endpoint = store === "embedded" ? undefined : await openClickHouseEndpoint();
  const away = async (): Promise<void> => {
    await endpoint?.close();
    if (env["DATA_DIR"] === undefined) await removeDataDir(dataDir);
  };
  try {
    const config = loadConfig(
      {
        ...QUIET,
        DATA_DIR: dataDir,
        ...(endpoint === undefined ? {} : { CLICKHOUSE_URL: endpoint.url }),
        ...env,
      },
      fileText,
    );
    const app = await openApp(config, { logger: createLogger(config.logLevel), ...options });
    const close = async (): Promise<void> => {
      await app.close();
      await away();
    };
    return { url: app.url, app, api: serviceApi(app.url), endpoint, close };
  } catch (error) {
    await away();
    throw error;
  }
}

async function openFive(env: Environment, fileText: string): Promise<Service> {
  const dataDir = env["DATA_DIR"] ?? (await makeDataDir());
  const closers = [async () => env["DATA_DIR"] === undefined && removeDataDir(dataDir)];
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).toReversed()) await step();
  };
  try {
    const given = env["CLICKHOUSE_URL"];
    const endpoint =
      given === undefined ? await openClickHouseEndpoint(join(dataDir, "clickhouse")) : undefined;
    closers.push(async () => (await endpoint?.close(), false));
    const file = join(dataDir, "settings.yaml");
    await writeFile(file, fileText);
    const settings = {
      ...QUIET,
      ...env,
      AFTER202_CONFIG: file,
      DATA_DIR: join(dataDir, "unused"),
      CLICKHOUSE_URL: given ?? endpoint?.url ?? "",
    };
    const five = await openFiveProcesses(settings);
    closers.push(async () => (await five.close(), false));
    const store = await openStore({
      url: settings.CLICKHOUSE_URL,
      database: "after202",
      dataDir,
      retentionDays: 400,
      rawRetentionDays: 30,
    });
    closers.push(async () => (await store.close(), false));
    return {
      url: five.url,
      app: { url: five.url, store, close },
      api: serviceApi(five.url),
      endpoint,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
