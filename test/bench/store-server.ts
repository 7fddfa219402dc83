/**
 * A ClickHouse engine behind its HTTP interface, in a process of its own: the server that several services share.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";

export interface StoreServer {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("../store/clickhouse-endpoint-process.js", import.meta.url));

export async function openStoreServer(path: string): Promise<StoreServer> {
  const port = await freePort();
  const child = spawn(process.execPath, [SCRIPT, "--port", String(port), "--path", path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    exited.then(() => Promise.reject(new Error("the store's server ended before it was ready"))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async close() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
