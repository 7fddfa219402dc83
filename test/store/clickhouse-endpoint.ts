/** Opens the ClickHouse endpoint of the tests: a process that can be killed, restarted, slowed and made to fail. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EndpointControl } from "./clickhouse-endpoint-process.ts";

export interface ClickHouseEndpoint {
  readonly url: string;
  /** Changes its behaviour; answers how many requests it has had since its start. */
  control(change: EndpointControl): Promise<{ requests: number }>;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
  /** Again on the same directory and port; kills it first if it lives. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("./clickhouse-endpoint-process.ts", import.meta.url));

/** @param kept a directory that is there already, and stays */
export async function openClickHouseEndpoint(kept?: string): Promise<ClickHouseEndpoint> {
  const path = kept ?? (await mkdtemp(join(tmpdir(), "after202-clickhouse-")));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child = await start(port, path);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    url,
    control: async (change) => {
      const response = await fetch(`${url}/_control`, { method: "POST", body: JSON.stringify(change) });
      return (await response.json()) as { requests: number };
    },
    kill,
    restart: async () => {
      await kill();
      child = await start(port, path);
    },
    close: async () => {
      await kill();
      if (kept === undefined) await rm(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function start(port: number, path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", SCRIPT, "--port", String(port), "--path", path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const died = once(child, "exit").then(([code]) => {
    throw new Error(`the ClickHouse endpoint ended with ${String(code)} before it was ready`);
  });
  await Promise.race([once(child.stdout, "data"), died]);
  died.catch(() => {}); // later ends are wanted
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
