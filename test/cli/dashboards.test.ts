import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { CHECKOUT, read } from "../house/checkout.ts";
import { runCli } from "./run-cli.ts";

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "after202-dashboards-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it("writes what the package holds, into a folder that it makes", async () => {
  const out = join(emptyFolder(), "grafana", "boards");
  const { code, stdout } = await runCli(["dashboards", "--out", out]);
  expect(code).toBe(0);
  const names = readdirSync(`${CHECKOUT}dashboards/generated`).sort();
  expect(stdout.trim().split("\n")).toEqual(names.map((name) => join(out, name)));
  for (const name of names)
    expect(readFileSync(join(out, name), "utf8")).toBe(read(`dashboards/generated/${name}`));
  expect((JSON.parse(read("package.json")) as { files: string[] }).files).toContain("dashboards/generated");
});

it("says what to do where it cannot write", async () => {
  const file = join(emptyFolder(), "file");
  writeFileSync(file, "");
  const { code, stderr } = await runCli(["dashboards", "--out", join(file, "below")]);
  expect(code).toBe(2);
  expect(stderr).toContain("CONFIG_INVALID");
});

it("asks for a folder", async () => expect((await runCli(["dashboards"])).code).toBe(2));
