import { describe, expect, it } from "vitest";
import type { AlertDetailJson, AlertJson } from "../../src/cli/alert-answers.ts";
import { refusal, startService } from "./fake-service.ts";
import { runCli } from "./run-cli.ts";

const alert: AlertJson = {
  id: "a1",
  type: "link-retry-exhausted",
  status: "firing",
  severity: "critical",
  evidence: "inferred",
  startsAt: "2026-11-22T03:10:00.000Z",
  endsAt: null,
  group: { instance: "123-ABC-456", objectName: "purchases" },
  summary: "3 requests ran out of retries.",
  requests: { count: 3, sample: ["r1", "r2"] },
  records: { outstanding: 12, failed: { "1004": 7 } },
  links: { self: "http://x/v1/alerts/a1", page: "http://x/#/alerts/a1" },
  reason: "no result until the deadline",
  acknowledgedAt: null,
  acknowledgedBy: null,
  silencedBy: null,
};

const silence = {
  silenceId: "s1",
  matchers: [{ label: "instance", match: "=", value: "123-ABC-456" }],
  startsAt: "2026-11-22T03:10:00.000Z",
  until: "2099-11-22T05:10:00.000Z",
  createdBy: "ana",
  comment: "migration",
};

const bodyOf = (asked: { body: Buffer } | undefined): unknown => JSON.parse(asked?.body.toString() ?? "");

describe("alerts", () => {
  it("lists when nothing else is named, by the filters, as a table", async () => {
    const items = [
      alert,
      { ...alert, id: "a2", acknowledgedAt: alert.startsAt, acknowledgedBy: "ana" },
      { ...alert, id: "a3", silencedBy: "s1", summary: "\u001b[31mred" },
    ];
    const { url, asked } = await startService(() => ({ body: { items, nextCursor: null } }));
    const env = { AFTER202_URL: url };
    const run = await runCli(["alerts", "--status", "firing", "--rule", "link-retry-exhausted"], { env });
    expect(run.code).toBe(0);
    const query = new URL(asked[0]?.path ?? "", url).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      status: "firing",
      rule: "link-retry-exhausted",
      limit: "50",
    });
    expect(run.stdout).toMatch(/^id +since +status +severity +rule +summary\n/);
    expect(run.stdout).toMatch(/\na1 .* firing +critical +link-retry-exhausted +3 requests/);
    expect(run.stdout).toMatch(/\na2 .* firing, acknowledged by ana /);
    expect(run.stdout).toMatch(/\na3 .* firing, silenced /);
    expect(run.stdout).not.toContain("\u001b");
  });

  it("lists page after page for programs, and says when there are none", async () => {
    const pages = [
      { items: Array.from({ length: 500 }, () => alert), nextCursor: "next" },
      { items: [alert], nextCursor: null },
      { items: [], nextCursor: null },
    ];
    const { url, asked } = await startService(() => ({ body: pages.shift() }));
    const env = { AFTER202_URL: url };
    const run = await runCli(["alerts", "list", "--limit", "600", "--json"], { env });
    expect((JSON.parse(run.stdout) as { items: unknown[] }).items).toHaveLength(501);
    expect(asked[1]?.path).toBe("/v1/alerts?limit=100&cursor=next");
    expect((await runCli(["alerts"], { env })).stdout).toBe("no alerts\n");
  });

  it("shows one with its reasons, its history and who was told", async () => {
    const detail: AlertDetailJson = {
      ...alert,
      history: [{ at: alert.startsAt, what: "notified", reason: "first" }],
      deliveries: [
        {
          deliveryId: "d1",
          hook: "slack",
          status: "pending",
          attempts: 2,
          createdAt: alert.startsAt,
          nextAt: alert.startsAt,
          changedAt: alert.startsAt,
          lastError: "answered 503",
        },
      ],
    };
    const { url, asked } = await startService(() => ({ body: detail }));
    const run = await runCli(["alerts", "show", "a/1"], { env: { AFTER202_URL: url } });
    expect(asked[0]?.path).toBe("/v1/alerts/a%2F1");
    for (const part of [
      /link-retry-exhausted firing, critical, inferred\n/,
      /because: no result until the deadline/,
      /3 requests, 12 records outstanding, 7 failed \(1004 ×7\)/,
      / {2}r1\n {2}r2\n {2}… and 1 more/,
      /notified +first/,
      /slack +pending +2 .*answered 503/,
    ]) {
      expect(run.stdout).toMatch(part);
    }
    const json = await runCli(["alerts", "show", "a1", "--json"], { env: { AFTER202_URL: url } });
    expect(JSON.parse(json.stdout)).toEqual(detail);
  });

  it("exits with 4 when there is no such alert", async () => {
    const { url } = await startService(() => refusal(404, "ALERT_UNKNOWN"));
    const env = { AFTER202_URL: url };
    expect((await runCli(["alerts", "show", "none"], { env })).code).toBe(4);
  });

  it("takes one on in somebody's name, and in nobody's does not", async () => {
    const { url, asked } = await startService(() => ({ body: { ...alert, acknowledgedBy: "ana" } }));
    const env = { AFTER202_URL: url };
    const run = await runCli(["alerts", "ack", "a1", "--by", "ana", "--comment", "on it"], { env });
    expect(run).toMatchObject({ code: 0, stdout: "link-retry-exhausted is taken on by ana\n" });
    expect(asked[0]).toMatchObject({ method: "POST", path: "/v1/alerts/a1/acknowledge" });
    expect(bodyOf(asked[0])).toEqual({ by: "ana", comment: "on it" });
    expect((await runCli(["alerts", "ack", "a1"], { env })).code).toBe(2);
    expect(asked).toHaveLength(1);
  });

  it("silences what matches for a time, and lists what is silenced", async () => {
    const { url, asked } = await startService(({ method }) => ({
      body: method === "POST" ? silence : { items: [silence] },
    }));
    const env = { AFTER202_URL: url };
    const match = ["--match", "instance=123-ABC-456", "--match", "objectName^=a=b"];
    const made = await runCli(["alerts", "silence", ...match, "--for", "2h", "--comment", "migration"], {
      env,
    });
    expect(made.stdout).toBe("silence s1 holds until 2099-11-22 05:10:00 UTC\n");
    expect(bodyOf(asked[0])).toEqual({
      matchers: [
        { label: "instance", match: "=", value: "123-ABC-456" },
        { label: "objectName", match: "^=", value: "a=b" },
      ],
      until: "7200000ms",
      comment: "migration",
    });
    expect((await runCli(["alerts", "silences"], { env })).stdout).toMatch(
      /\ns1 .*2099-11-22 05:10:00 UTC +ana +instance=123-ABC-456\n? *\(migration\)/,
    );
  });

  it("ends a silence by its id, and says when there is none", async () => {
    const { url, asked } = await startService(({ path }) =>
      path.endsWith("a%2Fb")
        ? { body: { silenceId: "a/b", until: "2026-11-22T03:20:00.000Z" } }
        : refusal(404, "SILENCE_UNKNOWN"),
    );
    const env = { AFTER202_URL: url };
    const run = await runCli(["alerts", "unsilence", "a/b"], { env });
    expect(run).toMatchObject({ code: 0, stdout: "silence a/b is over\n" });
    expect(asked[0]).toMatchObject({ method: "DELETE", path: "/v1/silences/a%2Fb" });
    expect((await runCli(["alerts", "unsilence", "other"], { env })).code).toBe(4);
  });

  it.each([
    [["--match", "colour=red", "--for", "2h"]],
    [["--match", "instance", "--for", "2h"]],
    [["--match", "instance=x", "--for", "soon"]],
    [["--match", "instance=x"]],
    [["--for", "2h"]],
  ])("refuses a silence that is none: %j", async (options) => {
    const { url, asked } = await startService(() => ({ body: silence }));
    const run = await runCli(["alerts", "silence", ...options], { env: { AFTER202_URL: url } });
    expect([run.code, asked.length]).toEqual([2, 0]);
  });

  it("tries the hooks, and exits with 1 when one was not reached", async () => {
    const hooks = [
      { hook: "webhook", outcome: "delivered" },
      { hook: "slack", outcome: "failed", reason: "answered 503" },
    ];
    const { url, asked } = await startService(({ body }) => ({
      body: { hooks: body.toString().includes("webhook") ? hooks.slice(0, 1) : hooks },
    }));
    const env = { AFTER202_URL: url };
    const all = await runCli(["alerts", "test"], { env });
    expect(all.code).toBe(1);
    expect(all.stdout).toMatch(/\nwebhook +delivered\nslack +failed +answered 503\n/);
    expect((await runCli(["alerts", "test", "--hook", "webhook"], { env })).code).toBe(0);
    expect([bodyOf(asked[0]), bodyOf(asked[1])]).toEqual([{}, { hook: "webhook" }]);
  });
});
