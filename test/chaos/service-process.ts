/**
 * The service as a process of its own, started by its command line: to be killed, and started again on the same port.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Role, ROLES } from "../../src/config.ts";
import type { Environment } from "../e2e/service.ts";
import { until } from "../e2e/until.ts";

export interface ServiceProcess {
  readonly url: string;
  /** Starts it; resolves when it is ready, rejects when it ends before. */
  start(): Promise<void>;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** Starts several times as fast; `npm run test:five` builds it first. */
const BUILT = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/**
 * @param env settings, PORT excepted: that is chosen here and kept
 * @param roles default: all
 */
export async function createServiceProcess(
  env: Environment,
  roles?: readonly Role[],
): Promise<ServiceProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = once(child, "exit");
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  return {
    url,
    async start() {
      child = runService({ ...env, PORT: String(port) }, roles);
      const started = child;
      await until(
        "the service is ready",
        async () => {
          if (started.exitCode !== null) return true;
          const { ok } = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) });
          return ok;
        },
        { timeoutMs: 40_000 },
      );
      if (started.exitCode !== null) throw new Error(`the service ended with ${started.exitCode}`);
    },
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}

/** `after202 serve` with exactly these settings. */
export function runService(env: Environment, roles: readonly Role[] = ROLES): ChildProcess {
  const program = process.env["TEST_SUITE"] === "five" ? [BUILT] : ["--import", "tsx", MAIN];
  return spawn(process.execPath, [...program, "serve", "--roles", roles.join(",")], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
