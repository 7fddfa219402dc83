/** What package.json offers to run is there after a build, and runs. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { CHECKOUT, read } from "./checkout.ts";

const { bin, version } = JSON.parse(read("package.json")) as { bin: Record<string, string>; version: string };

it.each(Object.entries(bin))("the program %s tells its version", (_name, path) => {
  expect(read(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
  const said = execFileSync(process.execPath, [CHECKOUT + path, "--version"], { encoding: "utf8" });
  expect(said.trim()).toBe(version);
});
