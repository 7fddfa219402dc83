import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { durationValue } from "../../src/cli/option-values.ts";
import { runCli } from "./run-cli.ts";

const COMMANDS = [
  "serve",
  "demo",
  "simulate",
  "status",
  "wait",
  "replay",
  "dead-letters",
  "migrate",
  "doctor",
  "keys",
];

it("names every command and every exit code in its help", async () => {
  const run = await runCli(["--help"]);
  expect(run.code).toBe(0);
  for (const name of COMMANDS) expect(run.stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  for (const code of [0, 1, 2, 3, 4, 5, 70]) expect(run.stdout).toMatch(new RegExp(`^ {2}${code} `, "m"));
});

it("tells its version as package.json has it", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
});

it.each([
  [["statsu"]],
  [["status"]],
  [["status", "a", "b"]],
  [["status", "a", "--nope"]],
  [["keys", "create", "--name", "x", "--scopes", "everything"]],
  [["keys", "create", "--scopes", "read"]],
  [["serve", "--roles", "ingest,cook"]],
  [["demo", "--speed", "0"]],
  [["dead-letters", "list", "--limit", "none"]],
  [[]],
])("exits with 2 for %j", async (args) => {
  const run = await runCli(args);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).not.toContain("    at ");
});

it("names every wrong setting on a line of its own, starts nothing, and exits with 2", async () => {
  const env = { PORT: "many", GRACE: "long", AFTER202_NONSENSE: "1" };
  for (const args of [["serve"], ["migrate"], ["keys", "list"]]) {
    const run = await runCli(args, { env });
    expect(run.code).toBe(2);
    const lines = run.stderr.trim().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => line.startsWith("CONFIG_INVALID "))).toBe(true);
  }
});

it.each([
  ["65m", 3_900_000],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["PT1H", 3_600_000],
  ["500ms", 500],
])("reads the duration %s", (text, ms) => {
  expect(durationValue(text)).toBe(ms);
});
