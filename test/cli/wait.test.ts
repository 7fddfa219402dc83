import { expect, it } from "vitest";
import { correlation, lifecycle, succeeded } from "./lifecycles.ts";
import { deadUrl, refusal, startService } from "./fake-service.ts";
import { runCli } from "./run-cli.ts";

it("asks in turns until the request is settled, and tells how it ended", async () => {
  let turns = 0;
  const { url, asked } = await startService(({ path }) => {
    if (!path.includes("/wait?")) return { body: lifecycle() };
    turns += 1;
    return { body: turns < 3 ? lifecycle() : succeeded() };
  });
  const run = await runCli(["wait", "r/1", "--timeout", "65m"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(0);
  expect(run.stdout).toBe("succeeded: 100 of 100 records done, in 1m 30s\n");
  const paths = asked.map((one) => one.path);
  expect(paths).toEqual([
    "/v1/requests/r%2F1",
    ...Array.from({ length: 3 }, () => "/v1/requests/r%2F1/wait?timeoutMs=25000"),
  ]);
});

it("exits with 1 when it settles badly", async () => {
  const { url } = await startService(() => ({ body: lifecycle({ state: "failed", terminal: true }) }));
  expect((await runCli(["wait", "r1"], { env: { AFTER202_URL: url } })).code).toBe(1);
});

it("exits with 3 when the time is up, and prints the present state", async () => {
  const { url, asked } = await startService(() => ({ body: lifecycle() }));
  const run = await runCli(["wait", "r1", "--timeout", "300ms", "--json"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(3);
  expect(JSON.parse(run.stdout)).toMatchObject({ state: "retrying" });
  const lastTurnMs = Number(/timeoutMs=(\d+)/.exec(asked.at(-1)?.path ?? "")?.[1]);
  expect(lastTurnMs).toBeLessThanOrEqual(300);
});

it("waits for an id that is not known yet", async () => {
  let looks = 0;
  const { url } = await startService(({ path }) => {
    if (path.startsWith("/v1/correlations/")) return refusal(404, "CORRELATION_UNKNOWN");
    looks += 1;
    return looks === 1 ? refusal(404, "REQUEST_UNKNOWN") : { body: succeeded() };
  });
  expect((await runCli(["wait", "r1", "--timeout", "30s"], { env: { AFTER202_URL: url } })).code).toBe(0);
});

it("exits with 4 when the id is still unknown at the end", async () => {
  const { url } = await startService(({ path }) =>
    refusal(404, path.startsWith("/v1/correlations/") ? "CORRELATION_UNKNOWN" : "REQUEST_UNKNOWN"),
  );
  expect((await runCli(["wait", "r1", "--timeout", "200ms"], { env: { AFTER202_URL: url } })).code).toBe(4);
});

it("waits for every request of a correlation", async () => {
  let looks = 0;
  const { url } = await startService(({ path }) => {
    if (path.startsWith("/v1/requests/")) return refusal(404, "REQUEST_UNKNOWN");
    looks += 1;
    const settled = looks > 1;
    return {
      body: correlation({
        settled,
        requests: { total: 1, byState: settled ? { succeeded: 1 } : { accepted: 1 } },
      }),
    };
  });
  const run = await runCli(["wait", "job-1", "--timeout", "30s"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("1 request, 1 succeeded");
});

it("outlives a restart of the service", async () => {
  let asks = 0;
  const { url } = await startService(() => {
    asks += 1;
    if (asks === 2) return { reset: true };
    if (asks === 3) return refusal(503, "SHUTTING_DOWN");
    return { body: asks === 1 ? lifecycle() : succeeded() };
  });
  expect((await runCli(["wait", "r1", "--timeout", "30s"], { env: { AFTER202_URL: url } })).code).toBe(0);
});

it("says at once, with 5, that nobody answers", async () => {
  const run = await runCli(["wait", "r1", "--timeout", "65m"], { env: { AFTER202_URL: await deadUrl() } });
  expect(run.code).toBe(5);
});

it.each(["", "65", "soon", "-5m", "5 m"])("exits with 2 for the timeout %j", async (timeout) => {
  const run = await runCli(["wait", "r1", `--timeout=${timeout}`]);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("--timeout");
});
