/** The way from nothing to the first correlated request, as deploy/README.md tells it: its very commands. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { openService } from "../e2e/service.ts";
import { read } from "../house/checkout.ts";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const KEY = "an-admin-key-for-this-test";

/** The commands of a section, in the order of the page. */
function commandsOf(heading: string): string {
  const section = read("deploy/README.md")
    .split(/^(?=## )/m)
    .find((part) => part.startsWith(`## ${heading}\n`));
  return [...(section ?? "").matchAll(/^```sh\n([^]*?)^```/gm)].map(([, code]) => code).join("");
}

it("leads to a request that has succeeded, known by its own id and by its correlation", async () => {
  const service = await openService("embedded", { API_AUTH: "keys", API_ADMIN_KEY: KEY });
  onTestFinished(() => service.close());
  const commands = commandsOf("The first request");
  expect(commands.match(/^(curl|after202) /gm)).toHaveLength(5);
  const script = `set -e\nafter202() { "$NODE" --import tsx "${MAIN}" "$@"; }\n${commands}`;
  const { stdout } = await run("bash", ["-c", script], {
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE: process.execPath,
      AFTER202_URL: service.url,
      AFTER202_KEY: KEY,
    },
  });
  expect(stdout).toMatch(/^accepted: /m);
  expect(stdout).toContain('{"read":1,"new":1,"duplicate":0,"dead":0}');
  expect(stdout).toMatch(/^succeeded: 100 of 100 records done/m);
  expect(stdout).toMatch(/^hello\/1: 1 request, 1 succeeded/m);
});
