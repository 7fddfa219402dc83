/**
 * ClickHouse in this process (chDB) behind @clickhouse/client's connection contract.
 *
 * Invariant: no call changes the session. Database and base settings are set once, when a connection opens; a call's own
 * settings stand in its statement (`FORMAT … SETTINGS …`), since the stock connection would SET them for all later calls.
 */
import { mkdirSync, readFileSync, accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { ClickHouseSettings, createClient } from "@clickhouse/client";
import { drainPending, Session } from "chdb";
import { createChdbConnection } from "chdb/connection";
import { StoreError } from "./client-error.ts";
import { writeParams } from "./client-param.ts";
import { BASE_SETTINGS, EMBEDDED_SETTINGS, ENGINE_ARGUMENTS, settingsClause } from "./client-settings.ts";

type Connection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>["connection"]>;

/** One more connection to the engine; connections to one directory work in parallel, each runs one statement at a time. */
export async function openEmbeddedConnection(
  dataDir: string,
  database: string,
  settings: ClickHouseSettings = {},
): Promise<Connection> {
  const chdb = createLockedConnection(dataDir);
  const close = async (): Promise<void> => {
    await drainPending(); // closing under a running statement leaves the directory locked
    await chdb.close();
  };
  try {
    await chdb.command({ query: `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic` });
    await chdb.command({ query: `USE ${database}` });
    await chdb.command({
      query: `SET ${settingsClause({ ...BASE_SETTINGS, ...EMBEDDED_SETTINGS, ...settings })}`,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    query: (params) => chdb.query(inStatement(params)),
    exec: (params) => chdb.exec({ ...params, ...inStatement(params) }),
    command: (params) => chdb.command(inStatement(params)),
    insert: (params) => chdb.insert(params),
    ping: (params) => chdb.ping(params),
    close,
  };
}

type StatementParams = Parameters<Connection["query"]>[0];

/** Parameters and settings moved into the text. Settings only fit behind a FORMAT: give them to queries alone. */
function inStatement(params: StatementParams): StatementParams {
  const { query_params, clickhouse_settings = {}, ...rest } = params;
  const settings = settingsClause(clickhouse_settings);
  const query = `${writeParams(params.query, query_params)}${settings === "" ? "" : `\nSETTINGS ${settings}`}`;
  return { ...rest, query };
}

/** The engine says why it cannot open a directory only on stderr: find out from the directory itself. */
function createLockedConnection(dataDir: string): Connection {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new StoreError("CONFIG_INVALID", `DATA_DIR ${dataDir} cannot be written: choose another.`, {
      cause,
    });
  }
  try {
    const starter = new Session(dataDir, { connectionArgs: ENGINE_ARGUMENTS }); // a connection cannot say how the engine starts
    try {
      return createChdbConnection({ path: dataDir }) as unknown as Connection; // same contract, another copy of its types
    } finally {
      starter.close();
    }
  } catch (cause) {
    const holder = holderOf(dataDir);
    if (holder === undefined) {
      const message = `The embedded ClickHouse cannot open DATA_DIR ${dataDir}; its own message stands on stderr.`;
      throw new StoreError("STORE_UNAVAILABLE", message, { cause });
    }
    throw new StoreError(
      "DATA_DIR_LOCKED",
      `Another after202 (process ${holder}) uses DATA_DIR ${dataDir}: stop it, choose another DATA_DIR, ` +
        `or set CLICKHOUSE_URL so that both use one ClickHouse server.`,
      { cause, details: { dataDir, pid: holder } },
    );
  }
}

/** The living process that the engine's lock file names. Our own number means one of another container. */
function holderOf(dataDir: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d+)/m.exec(readFileSync(join(dataDir, "status"), "utf8"))?.[1]);
    if (!Number.isInteger(pid)) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? 0 : undefined;
  }
}
