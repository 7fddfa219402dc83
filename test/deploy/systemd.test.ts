import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EXIT } from "../../src/cli/exit-code.ts";
import { read } from "../house/checkout.ts";
import { unknownSettings } from "./deployed-file.ts";

const unit = read("deploy/systemd/after202.service");
const ANALYZE = "systemd-analyze";
const hasAnalyze = spawnSync(ANALYZE, ["--version"]).status === 0;

it("gives the service settings that it knows, and does not start it again with wrong ones", () => {
  const names = [...unit.matchAll(/^Environment=(.*)/gm)].flatMap(([, line = ""]) =>
    line.split(" ").map((pair) => pair.split("=")[0] ?? ""),
  );
  expect(names.length).toBeGreaterThan(3);
  expect(unknownSettings(names)).toEqual([]);
  expect(/^RestartPreventExitStatus=(\d+)/m.exec(unit)?.[1]).toBe(String(EXIT.usage));
});

it.skipIf(!hasAnalyze)(
  "is a unit that systemd reads without a word, and that is closed to the rest of the machine",
  () => {
    const directory = mkdtempSync(join(tmpdir(), "after202-systemd-"));
    try {
      const path = join(directory, "after202.service");
      writeFileSync(path, unit.replace("/usr/bin/node", process.execPath));
      const { stderr } = spawnSync(ANALYZE, ["verify", path], { encoding: "utf8" });
      expect(stderr).not.toContain("after202.service"); // of this machine's own units it may complain
      const args = ["security", "--offline=true", "--threshold=20", path]; // 2.0 of 10
      expect(spawnSync(ANALYZE, args).status).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
