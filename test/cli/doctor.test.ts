import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import type { CheckResult } from "../../src/cli/doctor/check.ts";
import { checkNode } from "../../src/cli/doctor/checks.ts";
import { renderCheck } from "../../src/cli/doctor.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { openTraceCollector } from "../e2e/trace-collector.ts";
import { deadUrl } from "./fake-service.ts";
import { PLAIN } from "./lifecycles.ts";
import { runCli } from "./run-cli.ts";
import { freshDirectory, startRealService } from "./service-process.ts";

vi.setConfig({ testTimeout: 180_000 });

async function doctor(env: Record<string, string>) {
  const run = await runCli(["doctor", "--json"], { env });
  const { ok, checks } = JSON.parse(run.stdout) as { ok: boolean; checks: CheckResult[] };
  const verdicts = Object.fromEntries(checks.map((check) => [check.name, check.verdict]));
  return { code: run.code, ok, checks, verdicts };
}

async function simulate() {
  const simulator = await openSimulator();
  onTestFinished(() => simulator.close());
  return {
    ADOBE_JOURNAL_URL: simulator.journalUrl,
    ADOBE_IMS_URL: simulator.imsUrl,
    ADOBE_CLIENT_ID: SIMULATED.clientId,
    ADOBE_CLIENT_SECRET: SIMULATED.clientSecret,
    ADOBE_ORG_ID: SIMULATED.organizationId,
    ADOBE_WEBHOOK: "on",
    ADOBE_PUBLIC_KEY_ORIGIN: simulator.origin,
    SSE_URL: simulator.sseUrl,
    WEBSOCKET_URL: simulator.websocketUrl,
    SALESFORCE_ORG_URL: simulator.salesforceUrl,
    SALESFORCE_ACCESS_TOKEN: SIMULATED.salesforceToken,
  };
}

it("finds everything in order: settings, store, service, token, journal, keys", async () => {
  const directory = freshDirectory();
  const service = await startRealService(directory);
  const collector = await openTraceCollector();
  onTestFinished(() => collector.close());
  const found = await doctor({
    DATA_DIR: directory,
    ...service.env,
    ...(await simulate()),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  expect(found.verdicts).toEqual({
    "Node.js": "ok",
    settings: "ok",
    DATA_DIR: "ok",
    ClickHouse: "ok",
    service: "ok",
    "token of journal": "ok",
    journal: "ok",
    webhook: "ok",
    sse: "ok",
    websocket: "ok",
    "token of Data Cloud": "ok",
    "Data Cloud": "ok",
    hooks: "skipped",
    "collector of traces": "ok",
  });
  expect(found).toMatchObject({ ok: true, code: 0 });
});

it("tries each hook, and says of each that fails what to do", async () => {
  const heard: string[] = [];
  const receiver = createServer((request, response) => {
    request.on("data", (chunk: Buffer) =>
      heard.push((JSON.parse(chunk.toString()) as { status: string }).status),
    );
    request.on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void receiver.close());
  const found = await doctor({
    DATA_DIR: `${freshDirectory()}/new`,
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    ALERT_WEBHOOK_SECRET: Buffer.alloc(32, "s").toString("base64"),
    ALERTMANAGER_URL: await deadUrl(),
    ALERT_ALLOW_PRIVATE: "true",
  });
  expect(found.verdicts).toMatchObject({ "hook webhook": "ok", "hook alertmanager": "failed" });
  expect(found).toMatchObject({ ok: false, code: 1 });
  expect(heard).toEqual(["firing", "resolved"]);
});

it("looks into the store when nobody uses it", async () => {
  const directory = freshDirectory();
  await runCli(["migrate"], { env: { DATA_DIR: directory } });
  expect((await doctor({ DATA_DIR: directory })).verdicts).toMatchObject({ ClickHouse: "ok", schema: "ok" });
});

it("is content with a machine on which nothing has been started yet", async () => {
  const found = await doctor({ DATA_DIR: `${freshDirectory()}/new` });
  expect(found).toMatchObject({ code: 0, ok: true });
  expect(found.verdicts).toMatchObject({ ClickHouse: "skipped", journal: "skipped", webhook: "skipped" });
});

it("names what is wrong, and what to do about it", async () => {
  const settings = await simulate();
  const found = await doctor({
    DATA_DIR: freshDirectory(),
    ...settings,
    ADOBE_CLIENT_SECRET: "wrong",
    ADOBE_PUBLIC_KEY_ORIGIN: await deadUrl(),
    CLICKHOUSE_URL: await deadUrl(),
    AFTER202_URL: await deadUrl(),
    OTEL_EXPORTER_OTLP_ENDPOINT: await deadUrl(),
  });
  expect(found).toMatchObject({ code: 1, ok: false });
  expect(found.verdicts).toMatchObject({
    ClickHouse: "failed",
    service: "failed",
    "token of journal": "failed",
    journal: "skipped",
    webhook: "failed",
    "collector of traces": "failed",
  });
  const without = found.checks.filter(
    (check) => check.verdict === "failed" && !check.advice && check.name !== "service",
  );
  expect(without).toEqual([]);
});

it("tells all problems of the settings", async () => {
  const found = await doctor({ PORT: "many", GRACE: "long" });
  expect(found.code).toBe(1);
  const settings = found.checks.find((check) => check.name === "settings");
  expect(settings?.advice).toHaveLength(2);
});

it("knows which Node.js is too old", () => {
  expect(checkNode("20.19.0").verdict).toBe("ok");
  expect(checkNode("24.1.0").verdict).toBe("ok");
  expect(checkNode("20.18.9").verdict).toBe("failed");
  expect(checkNode("18.20.0").verdict).toBe("failed");
});

it("shows a check on a line, and its advice below", () => {
  const text = renderCheck({ name: "a", verdict: "failed", said: "b", advice: ["c", "d"] }, PLAIN);
  expect(text).toBe("✗ a: b\n  → c\n  → d");
});

it("tells of relays what is wrong: the credentials, the address, or that nobody is there", async () => {
  const simulator = await openSimulator({ relay: { authorization: "Bearer good" } });
  onTestFinished(() => simulator.close());
  const DATA_DIR = `${freshDirectory()}/new`;
  const refused = await doctor({
    DATA_DIR,
    SSE_URL: simulator.sseUrl,
    SSE_AUTHORIZATION: "Bearer bad",
    WEBSOCKET_URL: simulator.websocketUrl,
  });
  expect(refused.verdicts).toMatchObject({ sse: "failed", websocket: "failed" });
  expect(refused.code).toBe(1);
  const told = JSON.stringify(refused.checks);
  expect(told).toContain("SSE_AUTHORIZATION");
  expect(told).toContain("WEBSOCKET_AUTHORIZATION");
  expect(told).not.toContain("Bearer bad");
  const elsewhere = await doctor({
    DATA_DIR,
    SSE_URL: `${simulator.origin}/_simulator`,
    WEBSOCKET_URL: (await deadUrl()).replace("http", "ws"),
  });
  expect(elsewhere.verdicts).toMatchObject({ sse: "failed", websocket: "failed" });
});
