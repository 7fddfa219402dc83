/**
 * The store: can its directory be used, does ClickHouse answer, does its schema fit. Changes nothing.
 */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Config } from "../../config.ts";
import { After202Error } from "../../core/errors.ts";
import type { StoreClient } from "../../store/client.ts";
import { type CheckResult, failed, faultText, ok, skipped, warning } from "./check.ts";

export async function* checkStore(config: Config): AsyncGenerator<CheckResult> {
  const server = config.values.CLICKHOUSE_URL;
  if (server === undefined) {
    const directory = checkDirectory(config.dataDir);
    yield directory;
    if (directory.verdict === "failed") return;
    if (isFresh(config.dataDir)) {
      yield skipped("ClickHouse", "the embedded one; it is set up at the first start");
      return;
    }
  }
  yield* checkClickHouse(config, server ?? "the embedded one");
}

function checkDirectory(dataDir: string): CheckResult {
  const path = resolve(dataDir);
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    accessSync(at, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok("DATA_DIR", at === path ? `${path} can be written` : `${path} will be made at the first start`);
  } catch {
    return failed(
      "DATA_DIR",
      `${at} cannot be written`,
      "Give this user the right to write there, or set DATA_DIR.",
    );
  }
}

function isFresh(dataDir: string): boolean {
  return !existsSync(dataDir) || readdirSync(dataDir).length === 0;
}

async function* checkClickHouse(config: Config, name: string): AsyncGenerator<CheckResult> {
  const { storeOptions } = await import("../../app.ts");
  const { openStoreClient } = await import("../../store/client.ts");
  let client: StoreClient;
  try {
    client = await openStoreClient(storeOptions(config));
  } catch (error) {
    yield faultOf(error, name);
    return;
  }
  try {
    yield ok("ClickHouse", `${name}, answers`);
    yield await checkSchema(client);
  } catch (error) {
    yield faultOf(error, name);
  } finally {
    await client.close();
  }
}

function faultOf(error: unknown, name: string): CheckResult {
  if (error instanceof After202Error && error.code === "DATA_DIR_LOCKED") {
    const pid = (error.details as { pid?: number } | undefined)?.pid;
    const who = pid === undefined || pid === 0 ? "another process" : `process ${pid}`;
    return ok(
      "ClickHouse",
      `${name}, in use by ${who}: a running after202; stop it to have the schema checked`,
    );
  }
  return failed(
    "ClickHouse",
    `${name}: ${faultText(error)}`,
    "Check that it runs, and CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD.",
  );
}

async function checkSchema(client: StoreClient): Promise<CheckResult> {
  const { loadMigrationFiles } = await import("../../store/migration-files.ts");
  const known = loadMigrationFiles(new URL("../../store/migrations/", import.meta.url)).at(-1)?.version ?? 0;
  const [found] = await client.query<{ n: string }>(
    "SELECT toString(count()) AS n FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'",
  );
  if (found === undefined || found.n === "0") {
    return warning("schema", "not set up yet", "after202 serve does it at its start, or after202 migrate.");
  }
  const [row] = await client.query<{ version: number }>(
    "SELECT max(version) AS version FROM migrations WHERE kind = 'migration'",
  );
  const version = Number(row?.version ?? 0);
  if (version > known) {
    return failed("schema", `${version}, but this after202 knows ${known}`, "Upgrade after202.");
  }
  if (version < known) {
    return warning(
      "schema",
      `${version} of ${known}`,
      "after202 serve brings it up at its start, or after202 migrate.",
    );
  }
  return ok("schema", `${version}, the newest`);
}
