/**
 * The engine alone: a store that nobody serves.
 */
import { openChild } from "./child.ts";

export interface EngineProcess {
  /** @returns milliseconds it took */
  command(sql: string): Promise<number>;
  query<Row>(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

export async function openEngineProcess(dataDir: string): Promise<EngineProcess> {
  const child = await openChild("engine-process.js", { env: { DATA_DIR: dataDir } });
  return {
    command: (sql) => child.ask("command", sql),
    query: (sql) => child.ask("query", sql),
    close: () => child.close(),
  };
}
