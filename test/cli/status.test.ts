import { expect, it } from "vitest";
import { correlation, lifecycle, succeeded } from "./lifecycles.ts";
import { deadUrl, type Answer, type Asked, refusal, startService } from "./fake-service.ts";
import { runCli } from "./run-cli.ts";

function requestOnly(answer: unknown): (asked: Asked) => Answer {
  return ({ path }) =>
    path.startsWith("/v1/requests/") ? { body: answer } : refusal(404, "CORRELATION_UNKNOWN");
}

it.each([
  [0, succeeded()],
  [3, lifecycle()],
  [1, lifecycle({ state: "exhausted", terminal: true })],
  [1, lifecycle({ state: "partially_failed", terminal: true })],
  [1, lifecycle({ state: "rejected", terminal: true })],
  [3, lifecycle({ state: "unconfirmed" })],
])("exits with %i for a request as it stands", async (code, json) => {
  const { url } = await startService(requestOnly(json));
  const run = await runCli(["status", json.requestId], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(code);
  expect(run.stdout).toContain(`${json.state.replaceAll("_", " ")}:`);
  expect(run.stdout).not.toContain("\u001b"); // no terminal, no colours
});

it("sends the key, and asks for ids with slashes by one path segment", async () => {
  const { url, asked } = await startService(({ path }) =>
    path.startsWith("/v1/requests/") ? refusal(404, "REQUEST_UNKNOWN") : { body: correlation() },
  );
  const run = await runCli(["status", "nightly-2026-11-22/17"], {
    env: { AFTER202_URL: `${url}/`, AFTER202_KEY: "a202_key" },
  });
  expect(run.code).toBe(1); // one is exhausted
  expect(asked[0]?.path).toBe("/v1/requests/nightly-2026-11-22%2F17");
  expect(asked[1]?.path).toBe("/v1/correlations/nightly-2026-11-22%2F17");
  expect(asked.every((one) => one.headers.authorization === "Bearer a202_key")).toBe(true);
  expect(run.stdout).toContain("12 requests, 9 succeeded, 2 retrying, 1 exhausted");
});

it.each([
  [0, { total: 2, byState: { succeeded: 2 } }, true],
  [3, { total: 2, byState: { succeeded: 1, accepted: 1 } }, false],
  [1, { total: 2, byState: { failed: 1, accepted: 1 } }, false],
])("exits with %i for a correlation as it stands", async (code, requests, settled) => {
  const { url } = await startService(({ path }) =>
    path.startsWith("/v1/requests/")
      ? refusal(404, "REQUEST_UNKNOWN")
      : { body: correlation({ requests, settled }) },
  );
  expect((await runCli(["status", "job"], { env: { AFTER202_URL: url } })).code).toBe(code);
});

it("prints the service's own JSON with --json", async () => {
  const { url } = await startService(requestOnly(lifecycle()));
  const run = await runCli(["status", "r1", "--json"], { env: { AFTER202_URL: url } });
  expect(JSON.parse(run.stdout)).toEqual(lifecycle());
  expect(run.code).toBe(3);
});

it("exits with 4 when it is neither a request nor a correlation", async () => {
  const { url } = await startService(({ path }) =>
    refusal(404, path.startsWith("/v1/requests/") ? "REQUEST_UNKNOWN" : "CORRELATION_UNKNOWN"),
  );
  const run = await runCli(["status", "nobody"], { env: { AFTER202_URL: url } });
  expect(run).toMatchObject({ code: 4, stdout: "" });
  expect(run.stderr).toMatch(/^REQUEST_UNKNOWN .*"nobody".*\n$/);
});

it("exits with 5 when nobody answers, with one line and no stack", async () => {
  const run = await runCli(["status", "r1"], { env: { AFTER202_URL: await deadUrl() } });
  expect(run.code).toBe(5);
  expect(run.stderr).toMatch(/^SERVICE_UNREACHABLE .*\n$/);
});

it.each([
  [
    "a page of a proxy",
    { status: 404, headers: { "content-type": "text/html" }, body: "<h1>Not found</h1>" },
  ],
  ["a broken connection", { reset: true as const }],
  ["something that is not JSON", { status: 200, body: "hello" }],
])("exits with 5 for %s: that is no news of a request", async (_, answer) => {
  const { url } = await startService(() => answer);
  const run = await runCli(["status", "r1"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(5);
  expect(run.stderr).toContain("SERVICE_UNREACHABLE");
});

it.each([
  [2, 401, "KEY_INVALID"],
  [2, 403, "SCOPE_MISSING"],
  [5, 503, "STORE_UNAVAILABLE"],
  [5, 500, "INTERNAL"],
])("exits with %i when the service answers %i %s", async (code, status, error) => {
  const { url } = await startService(() => refusal(status, error));
  const run = await runCli(["status", "r1"], { env: { AFTER202_URL: url } });
  expect(run.code).toBe(code);
  expect(run.stderr).toContain(error);
});

it("shows the stack with --debug, on either side of the command", async () => {
  const env = { AFTER202_URL: await deadUrl() };
  expect((await runCli(["status", "r1", "--debug"], { env })).stderr).toContain("    at ");
  expect((await runCli(["--debug", "status", "r1"], { env })).stderr).toContain("    at ");
});

it("watches a request until it is settled, a line for each change", async () => {
  let looks = 0;
  const { url } = await startService(() => {
    looks += 1;
    return looks === 2 ? refusal(503, "STORE_UNAVAILABLE") : { body: looks < 4 ? lifecycle() : succeeded() };
  });
  const run = await runCli(["status", "r1", "--watch", "--json"], { env: { AFTER202_URL: url } });
  const states = run.stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { state: string }).state);
  expect(states).toEqual(["retrying", "succeeded"]);
  expect(run.code).toBe(0);
});

it.each([["ftp://x"], ["nonsense"], ["http://user:secret@127.0.0.1:1"]])(
  "exits with 2 when AFTER202_URL is %s",
  async (url) => {
    const run = await runCli(["status", "r1"], { env: { AFTER202_URL: url } });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("CONFIG_INVALID AFTER202_URL");
    expect(run.stderr).not.toContain("secret");
  },
);
