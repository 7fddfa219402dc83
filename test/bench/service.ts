/**
 * The service under measure: started, asked, weighed, closed.
 */
import type { JournalCursor } from "../../src/core/ports.ts";
import type { Role } from "../../src/config.ts";
import { openChild } from "./child.ts";
import { watchMemory, type MemoryWatch } from "./resident-memory.ts";

export interface ServiceOptions {
  readonly dataDir: string;
  /** Default: all. */
  readonly roles?: readonly Role[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Since it was opened. */
  readonly memory: MemoryWatch;
  /** Of its store, past its API. */
  query<Row>(sql: string, params?: Record<string, unknown>): Promise<Row[]>;
  /** The same, timed where the store is. */
  timedQuery<Row>(sql: string, params?: Record<string, unknown>): Promise<{ rows: Row[]; ms: number }>;
  command(sql: string): Promise<void>;
  cursor(source: string): Promise<JournalCursor | undefined>;
  close(): Promise<void>;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
}

/** @param profileDir where its CPU profile goes when it ends */
export async function openService(options: ServiceOptions, profileDir?: string): Promise<ServiceProcess> {
  const child = await openChild("service-process.js", {
    env: {
      PORT: "0",
      API_AUTH: "off",
      LOG_LEVEL: "error",
      DATA_DIR: options.dataDir,
      ...options.env,
      BENCH_SERVICE: JSON.stringify({ roles: options.roles }),
    },
    execArgv: profileDir === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDir}`],
  });
  const memory = watchMemory(child.pid);
  return {
    url: await child.ask<string>("url"),
    pid: child.pid,
    memory,
    async query<Row>(sql: string, params?: Record<string, unknown>) {
      return (await child.ask<{ rows: Row[] }>("query", { sql, params })).rows;
    },
    timedQuery: (sql, params) => child.ask("query", { sql, params }),
    command: (sql) => child.ask("command", sql),
    cursor: (source) => child.ask("cursor", source),
    async close() {
      memory.stop();
      await child.close();
    },
    async kill() {
      memory.stop();
      await child.kill();
    },
  };
}
