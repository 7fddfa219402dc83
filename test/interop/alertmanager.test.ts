/**
 * Against a real Alertmanager (Debian: prometheus-alertmanager): what the hook sends arrives, is silenced, and resolves.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAlertmanagerHook } from "../../src/alerts/hooks/alertmanager.ts";
import { createOutbox } from "../../src/alerts/outbox.ts";
import { systemClock } from "../../src/clock.ts";
import type { Alert } from "../../src/core/alert.ts";
import { MemoryOutboxStore } from "../alerts/hooks/memory-outbox.ts";
import { sampleAlert, samplePayload } from "../alerts/hooks/sample-alert.ts";
import { listLogger } from "../pipeline/test-clock.ts";
import { type Daemon, findProgram, freePort, startDaemon } from "./daemon.ts";

const BINARY = findProgram(
  "alertmanager.test.ts",
  "prometheus-alertmanager",
  "prometheus-alertmanager",
  "alertmanager",
);

interface Seen {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

describe.skipIf(BINARY === undefined)("a real Alertmanager", () => {
  let directory: string;
  let alertmanager: Daemon;
  let base: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "after202-alertmanager-"));
    const config = join(directory, "alertmanager.yml");
    writeFileSync(config, "route: {receiver: none, group_wait: 1s}\nreceivers: [{name: none}]\n");
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    alertmanager = startDaemon(BINARY ?? "", [
      `--config.file=${config}`,
      `--storage.path=${directory}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ]);
    await eventually(
      async () => (await fetch(`${base}/-/ready`)).ok,
      () => alertmanager.output(),
    );
  });

  afterAll(async () => {
    await alertmanager.end();
    rmSync(directory, { recursive: true });
  });

  async function send(changes: Partial<Alert>, resolveAfterMs?: number): Promise<void> {
    const hook = createAlertmanagerHook({
      url: base,
      clock: systemClock,
      allowPrivate: true,
      ...(resolveAfterMs === undefined ? {} : { resolveAfterMs }),
    });
    const outcome = await hook.deliver(samplePayload(changes), "msg_1", new AbortController().signal);
    expect(outcome).toEqual({ kind: "delivered" });
  }

  /** The alert of the instance, as Alertmanager shows it; undefined once it is resolved. */
  async function seen(instance: string): Promise<Seen | undefined> {
    const filter = encodeURIComponent(`upstream_instance="${instance}"`);
    const alerts = (await (await fetch(`${base}/api/v2/alerts?filter=${filter}`)).json()) as Seen[];
    expect(alerts.length).toBeLessThanOrEqual(1);
    return alerts[0];
  }

  function alertOf(instance: string): Partial<Alert> {
    const startsAt = Date.now() - 60_000;
    return { group: { ...sampleAlert().group, instance }, startsAt, changedAt: startsAt };
  }

  it("takes an alert with its labels and annotations, and once only when it is repeated", async () => {
    const alert = alertOf("arrives");
    await send(alert);
    await send({ ...alert, evidence: "observed", requests: { ...sampleAlert().requests, count: 9 } });
    await eventually(async () => (await seen("arrives"))?.status.state === "active");
    expect(await seen("arrives")).toMatchObject({
      labels: {
        alertname: "LinkRetryExhausted",
        service: "after202",
        rule: "link-retry-exhausted",
        severity: "critical",
        upstream_instance: "arrives",
        object_name: "purchases",
      },
      annotations: {
        summary: expect.stringContaining("9 requests"),
        evidence: "observed",
        sample: "r-1 r-2 r-3",
      },
      startsAt: new Date(alert.startsAt ?? 0).toISOString(),
      generatorURL: "https://after202.example.com/#/alerts/4711",
    });
    expect(Date.parse((await seen("arrives"))?.endsAt ?? "")).toBeGreaterThan(Date.now() + 600_000);
  });

  it.each(["resolved", "recovered"] as const)("resolves an alert that is %s", async (status) => {
    const alert = alertOf(status);
    await send(alert);
    await eventually(async () => (await seen(status)) !== undefined);
    await send({ ...alert, status, endsAt: Date.now() });
    await eventually(async () => (await seen(status)) === undefined);
  });

  it("resolves by itself an alert that nobody repeats", async () => {
    await send(alertOf("dead"), 1_500);
    expect(await seen("dead")).toBeDefined();
    await eventually(async () => (await seen("dead")) === undefined);
  });

  it("keeps alive an alert that is told again and again, until that ends", async () => {
    const hook = createAlertmanagerHook({
      url: base,
      clock: systemClock,
      allowPrivate: true,
      resolveAfterMs: 1_200,
    });
    const outbox = createOutbox({
      store: new MemoryOutboxStore(),
      hooks: [hook],
      clock: systemClock,
      logger: listLogger(),
    });
    const alert = sampleAlert(alertOf("kept"));
    const keep = (): void => outbox.keepAlive([alert], () => samplePayload(alert), Date.now());
    keep();
    await eventually(async () => (await seen("kept")) !== undefined);
    for (const until = Date.now() + 3_000; Date.now() < until; await sleep(100)) {
      keep();
      expect(await seen("kept")).toBeDefined();
    }
    await eventually(async () => (await seen("kept")) === undefined);
  });

  it("silences an alert by its labels", async () => {
    await send(alertOf("silenced"));
    const matcher = (name: string, value: string) => ({ name, value, isRegex: false, isEqual: true });
    const answer = await fetch(`${base}/api/v2/silences`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        matchers: [matcher("rule", "link-retry-exhausted"), matcher("upstream_instance", "silenced")],
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 60_000).toISOString(),
        createdBy: "test",
        comment: "maintenance",
      }),
    });
    const { silenceID } = (await answer.json()) as { silenceID: string };
    await eventually(async () => (await seen("silenced"))?.status.state === "suppressed");
    expect((await seen("silenced"))?.status.silencedBy).toEqual([silenceID]);
    await send(alertOf("silenced"));
    expect((await seen("silenced"))?.status.state).toBe("suppressed");
  });
});

async function eventually(condition: () => Promise<boolean>, why = () => ""): Promise<void> {
  const until = Date.now() + 20_000;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > until) throw new Error(`it did not come to pass. ${why()}`);
    await sleep(50);
  }
}
