/**
 * The one way to ClickHouse: @clickhouse/client, against a server (`url`) or the engine in this process (`dataDir`).
 *
 * Invariants: unqualified table names mean `database` on both ways; a call's settings end with the call; what `insert`
 * and `command` have resolved survives `kill -9`; every failure is a StoreError.
 */
import type { Readable } from "node:stream";
import {
  createClient,
  ClickHouseLogLevel,
  type ClickHouseClient,
  type ClickHouseSettings,
} from "@clickhouse/client";
import { openEmbeddedConnection } from "./client-embedded.ts";
import { StoreError, storeErrorOf } from "./client-error.ts";
import { InsertFiles } from "./insert-files.ts";
import { BASE_SETTINGS, HTTP_SETTINGS, INSERT_SETTINGS, settingsClause } from "./client-settings.ts";

export interface StoreSettings {
  /** `http(s)://host:port` of a ClickHouse server; without it the engine runs in this process, in `dataDir`. */
  readonly url?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Created when missing. Letters, digits, underscores. */
  readonly database: string;
  /** Name of the server's cluster: the database is then created on all its nodes. */
  readonly cluster?: string | undefined;
  /** Used without `url` only. One process at a time. */
  readonly dataDir: string;
}

export interface QueryOptions {
  /** For this call alone. */
  readonly settings?: ClickHouseSettings;
  /** Ends the wait; the embedded engine finishes the statement all the same. */
  readonly abortSignal?: AbortSignal;
  /** Rows as arrays, in the order of the columns: for thousands of them, half the text and half the time to parse it. */
  readonly compact?: boolean;
  /** A long one (sweep, export): goes where it does not hold up the short ones. */
  readonly background?: boolean;
}

export interface StoreClient {
  readonly database: string;
  readonly embedded: boolean;
  /**
   * The rows of a SELECT without FORMAT, as objects; 64-bit integers are strings.
   *
   * @param params values of `{name:Type}`; integers beyond 2^53 as bigint (inside arrays, too)
   */
  query<Row>(sql: string, params?: Record<string, unknown>, options?: QueryOptions): Promise<Row[]>;
  /** A statement without rows; its settings, if any, stand in `sql`. */
  command(sql: string, params?: Record<string, unknown>): Promise<void>;
  /**
   * Inserts ready text and resolves when it is durable; after an error the rows may or may not be there: send them again.
   *
   * @param text rows in JSONCompactEachRow, in the order of `columns`, separated by newlines; empty text does nothing
   */
  insert(table: string, columns: readonly string[], text: string): Promise<void>;
  /**
   * The same for rows that are bytes already: nothing is parsed, and nothing becomes a string.
   *
   * @param pieces RowBinary, in the order of `columns`; no piece does nothing
   */
  insertRows(table: string, columns: readonly string[], pieces: readonly Uint8Array[]): Promise<void>;
  /** False when ClickHouse does not answer or refuses our user; never throws. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 600_000; // DDL on a cluster, roll-ups

const LONG_SETTINGS: ClickHouseSettings = { max_execution_time: COMMAND_TIMEOUT_MS / 1000 };
/** In our own process: behind all others, where we may say so (CAP_SYS_NICE). */
const BACKGROUND_SETTINGS: ClickHouseSettings = { ...LONG_SETTINGS, os_thread_priority: "10" };

/**
 * Separate so that short reads wait for nothing: an embedded connection runs one statement at a time. Of several the one with
 * the fewest waiting is asked.
 */
interface Lanes {
  readonly reads: readonly ClickHouseClient[];
  readonly inserts: ClickHouseClient;
  /** Long questions, and commands. */
  readonly background: readonly ClickHouseClient[];
  /** Where rows in bytes wait for the engine in this process; a server gets them over HTTP. */
  readonly insertFiles?: InsertFiles;
}

/** @throws StoreError DATA_DIR_LOCKED, CONFIG_INVALID, STORE_UNAVAILABLE */
export async function openStoreClient(settings: StoreSettings): Promise<StoreClient> {
  identifier(settings.database);
  const embedded = settings.url === undefined;
  try {
    const lanes = embedded ? await openEmbeddedLanes(settings) : await openServerLanes(settings);
    return storeClientOf(lanes, settings.database, embedded);
  } catch (error) {
    throw storeErrorOf(error, embedded ? `open ${settings.dataDir}` : `connect to ${settings.url}`);
  }
}

function storeClientOf(lanes: Lanes, database: string, embedded: boolean): StoreClient {
  const reads = leastBusy(lanes.reads);
  const background = leastBusy(lanes.background);
  return {
    database,
    embedded,
    query: (sql, params, options) =>
      (options?.background === true ? background : reads)((lane) => query(lane, sql, params, options)),
    command: async (sql, params) => {
      await guard(`command ${opening(sql)}`, () =>
        background((lane) => lane.command({ query: sql, ...(params && { query_params: params }) })),
      );
    },
    insert: (table, columns, text) => insert(lanes.inserts, table, columns, text),
    insertRows: (table, columns, pieces) => insertRows(lanes, table, columns, pieces),
    ping: async () =>
      (await reads((lane) => lane.ping({ select: true, abort_signal: AbortSignal.timeout(5_000) }))).success,
    close: async () => {
      for (const lane of [...lanes.reads, lanes.inserts, ...lanes.background]) await lane.close();
      await lanes.insertFiles?.close();
    },
  };
}

/** Gives work to the lane on which the least is under way. */
function leastBusy<Lane>(lanes: readonly Lane[]): <T>(work: (lane: Lane) => Promise<T>) => Promise<T> {
  const open = lanes.map((lane) => ({ lane, waiting: 0 }));
  return async (work) => {
    const one = open.reduce((best, next) => (next.waiting < best.waiting ? next : best));
    one.waiting += 1;
    try {
      return await work(one.lane);
    } finally {
      one.waiting -= 1;
    }
  };
}

async function query<Row>(
  lane: ClickHouseClient,
  sql: string,
  params: Record<string, unknown> = {},
  { settings, abortSignal, compact = false }: QueryOptions = {},
): Promise<Row[]> {
  const text = await guard(
    `query ${opening(sql)}`,
    async () => {
      const result = await lane.query({
        query: sql,
        format: compact ? "JSONCompactEachRow" : "JSONEachRow",
        query_params: params,
        ...(settings && { clickhouse_settings: settings }),
        ...(abortSignal && { abort_signal: abortSignal }),
      });
      return result.text();
    },
    abortSignal,
  );
  return JSON.parse(`[${text.trimEnd().replaceAll("\n", ",")}]`) as Row[];
}

async function insert(
  lane: ClickHouseClient,
  table: string,
  columns: readonly string[],
  text: string,
): Promise<void> {
  if (text === "") return;
  const query = `INSERT INTO ${target(table, columns)} ${INSERT_CLAUSE} FORMAT JSONCompactEachRow`;
  await guard(`insert into ${table}`, () => execute(lane, query, text));
}

async function insertRows(
  { inserts, insertFiles }: Lanes,
  table: string,
  columns: readonly string[],
  pieces: readonly Uint8Array[],
): Promise<void> {
  if (pieces.length === 0) return;
  const into = `INSERT INTO ${target(table, columns)}`;
  await guard(`insert into ${table}`, () =>
    insertFiles === undefined
      ? execute(inserts, `${into} ${INSERT_CLAUSE} FORMAT RowBinary`, Buffer.concat(pieces))
      : insertFiles.hold(pieces, async (file) => {
          await inserts.command({ query: `${into} FROM INFILE ${file} ${INSERT_CLAUSE} FORMAT RowBinary` });
        }),
  );
}

const INSERT_CLAUSE = `SETTINGS ${settingsClause(INSERT_SETTINGS)}`;

function target(table: string, columns: readonly string[]): string {
  return `${identifier(table)} (${columns.map(identifier).join(", ")})`;
}

async function execute(lane: ClickHouseClient, query: string, values: string | Buffer): Promise<void> {
  // both connections take text, and HTTP takes bytes, as they are; a stream they copy twice
  const { stream } = await lane.exec({ query, values: values as unknown as Readable });
  for await (const _ of stream); // the socket is free again only when the answer is read
}

async function openEmbeddedLanes({ dataDir, database }: StoreSettings): Promise<Lanes> {
  const opened: ClickHouseClient[] = [];
  const open = async (own?: ClickHouseSettings): Promise<ClickHouseClient> => {
    const client = createClient({
      connection: await openEmbeddedConnection(dataDir, database, own),
      log: QUIET,
    });
    opened.push(client);
    return client;
  };
  try {
    const lanes = {
      reads: [await open(), await open()],
      inserts: await open(),
      background: [await open(BACKGROUND_SETTINGS), await open(BACKGROUND_SETTINGS)],
    };
    return { ...lanes, insertFiles: new InsertFiles(dataDir) };
  } catch (error) {
    for (const client of opened) await client.close();
    throw error;
  }
}

async function openServerLanes(settings: StoreSettings): Promise<Lanes> {
  const { url, user, password, database, cluster } = settings;
  const open = (
    timeoutMs: number,
    options: { database?: string; settings?: ClickHouseSettings },
  ): ClickHouseClient =>
    createClient({
      ...(url !== undefined && { url }),
      ...(user !== undefined && { username: user }),
      ...(password !== undefined && { password }),
      ...(options.database !== undefined && { database: options.database }),
      request_timeout: timeoutMs,
      keep_alive: { enabled: true, eagerly_destroy_stale_sockets: true },
      use_multipart_params_auto: true, // long lists of ids do not fit into a URL
      clickhouse_settings: { ...BASE_SETTINGS, ...HTTP_SETTINGS, ...options.settings },
      application: "after202",
      log: QUIET,
    });
  const bootstrap = open(REQUEST_TIMEOUT_MS, {});
  try {
    await createDatabase(bootstrap, database, cluster);
  } finally {
    await bootstrap.close();
  }
  return {
    reads: [open(REQUEST_TIMEOUT_MS, { database })],
    inserts: open(REQUEST_TIMEOUT_MS, { database }),
    background: [open(COMMAND_TIMEOUT_MS, { database, settings: LONG_SETTINGS })],
  };
}

/** Only when it is missing: a user without the right to create databases can then be given one. */
async function createDatabase(client: ClickHouseClient, database: string, cluster?: string): Promise<void> {
  const known = await query(client, "SELECT 1 FROM system.databases WHERE name = {database:String}", {
    database,
  });
  if (known.length > 0) return;
  const on = cluster === undefined ? "" : ` ON CLUSTER ${identifier(cluster)}`;
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}${on} ENGINE = Atomic` });
}

const QUIET = { level: ClickHouseLogLevel.OFF };

async function guard<T>(doing: string, work: () => Promise<T>, abortSignal?: AbortSignal): Promise<T> {
  abortSignal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    if (abortSignal?.aborted) throw abortSignal.reason;
    throw storeErrorOf(error, doing);
  }
}

/** The first words of a statement, for messages. */
function opening(sql: string): string {
  return JSON.stringify(sql.trim().replace(/\s+/g, " ").slice(0, 80));
}

function identifier(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return name;
  throw new StoreError(
    "CONFIG_INVALID",
    `Not a name for ClickHouse: ${JSON.stringify(name)}; letters, digits, _.`,
  );
}
