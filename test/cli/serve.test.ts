import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { runCli, startCli } from "./run-cli.ts";
import { ADMIN_KEY, freshDirectory, startRealService } from "./service-process.ts";

vi.setConfig({ testTimeout: 180_000 });

it("serves until a signal, then ends in good order", async () => {
  const { url, child, ended } = await startRealService();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

it("leaves at once at the second signal, with the signal's code", async () => {
  const { url, child, ended } = await startRealService();
  const slow = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void slow.destroy());
  slow.on("error", () => undefined);
  // a body that never comes keeps the first, orderly end waiting
  slow.write(
    `POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${ADMIN_KEY}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
  );
  await expect.poll(async () => (await fetch(`${url}/healthz`)).ok).toBe(true);
  child.kill("SIGTERM");
  await expect
    .poll(
      () =>
        fetch(url).then(
          () => "open",
          () => "closed",
        ),
      { timeout: 20_000 },
    )
    .toBe("closed");
  expect(child.exitCode).toBeNull();
  child.kill("SIGTERM");
  expect((await ended).code).toBe(143);
});

it("runs the roles that it is told to", async () => {
  const { url } = await startRealService(freshDirectory(), ["--roles", "api"]);
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ roles: ["api"] });
});

it("refuses a second process on the same directory, in one line, with 1", async () => {
  const directory = freshDirectory();
  await startRealService(directory);
  const run = await runCli(["serve"], { env: { DATA_DIR: directory, PORT: "0" } });
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(/^DATA_DIR_LOCKED /m);
  expect(run.stderr).not.toContain("    at ");
});

it("says where it listens when there is no log to say it", async () => {
  const env = { DATA_DIR: freshDirectory(), PORT: "0", LOG_LEVEL: "silent" };
  const { child, output, ended } = startCli(["serve"], { env });
  await once(child.stdout, "data");
  expect(output.stdout).toMatch(/^after202 listens on http:\/\/127\.0\.0\.1:\d+ /);
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
});

it("migrates once, and then has nothing to do", async () => {
  const directory = freshDirectory();
  const env = { DATA_DIR: join(directory, "new") };
  const first = await runCli(["migrate", "--json"], { env });
  expect(first.code).toBe(0);
  const { applied, version } = JSON.parse(first.stdout) as { applied: string[]; version: number };
  expect(applied).toContain("001-ledger.sql");
  expect(existsSync(env.DATA_DIR)).toBe(true);
  const second = await runCli(["migrate"], { env });
  expect(second).toMatchObject({ code: 0, stdout: `schema ${version}: nothing to do\n` });
});
