/** A service on a fresh store, started by the command itself, as an operator would. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startCli } from "./run-cli.ts";

export const ADMIN_KEY = "admin-key-of-this-test";

export function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "after202-cli-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function startRealService(dataDir = freshDirectory(), args: readonly string[] = []) {
  const env = { DATA_DIR: dataDir, PORT: "0", API_ADMIN_KEY: ADMIN_KEY };
  const { child, output, ended } = startCli(["serve", ...args], { env });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", () => {
      const found = /"url":"(http:[^"]+)"/.exec(output.stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then((run) => reject(new Error(`serve ended: ${run.stderr}`)));
  });
  return { url, child, output, ended, env: { AFTER202_URL: url, AFTER202_KEY: ADMIN_KEY } };
}
