/** Programs from Debian's packages, run for a test: started on loopback, waited for, ended by their own id. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

export interface Daemon {
  /** What it has said so far. */
  output(): string;
  /** SIGTERM; resolves when it is gone. */
  end(): Promise<void>;
}

/** The first of these programs that is there; without one the suite is skipped, and says what to install. */
export function findProgram(suite: string, debianPackage: string, ...names: string[]): string | undefined {
  const found = names.find(isInstalled);
  if (found === undefined) console.warn(`${suite} is skipped: install Debian's ${debianPackage} to run it.`);
  return found;
}

function isInstalled(name: string): boolean {
  try {
    execFileSync("sh", ["-c", 'command -v "$1"', "sh", name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export function startDaemon(program: string, args: readonly string[]): Daemon {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (text: Buffer) => (said += text.toString()));
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const ended = once(child, "exit");
  return {
    output: () => said,
    async end() {
      child.kill();
      await ended;
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
