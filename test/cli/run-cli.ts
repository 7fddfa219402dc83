/** The real program, run as a process of its own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
  readonly cwd?: string;
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const TSX = import.meta.resolve("tsx");

/** Nothing of the developer's own settings gets in. */
export function startCli(args: readonly string[], { env = {}, cwd }: CliOptions = {}) {
  const child = spawn(process.execPath, ["--import", TSX, MAIN, ...args], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    stdio: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  child.stdin.on("error", () => undefined); // it may end before it has read everything
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<CliRun>((resolve) => child.on("close", (code) => resolve({ code, ...output })));
  return { child, output, ended };
}

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { child, ended } = startCli(args, options);
  child.stdin.end(options.input ?? "");
  return ended;
}
