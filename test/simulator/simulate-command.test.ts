import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { until } from "./client.ts";

it("simulate prints where it is and what to set, serves, and ends cleanly on Ctrl-C", async () => {
  const program = fileURLToPath(new URL("simulate-process.ts", import.meta.url));
  const child = spawn(process.execPath, [
    "--import",
    "tsx",
    program,
    "--port",
    "0",
    "--speed",
    "600",
    "--seed",
    "9",
  ]);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.includes("Ctrl-C"));

  expect(output).toContain("seed 9");
  const journalUrl = /ADOBE_JOURNAL_URL=(\S+)/.exec(output)?.[1] ?? "";
  expect((await fetch(journalUrl)).status).toBe(401);
  const summary = await fetch(new URL("/_simulator", journalUrl));
  expect(await summary.json()).toMatchObject({ seed: 9, speed: 600, policy: "marketo-2023" });

  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number | null];
  expect(code).toBe(0);
});
