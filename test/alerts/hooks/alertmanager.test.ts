import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AlertmanagerAlert,
  type AlertmanagerHookOptions,
  createAlertmanagerHook,
} from "../../../src/alerts/hooks/alertmanager.ts";
import type { Alert } from "../../../src/core/alert.ts";
import { HandClock } from "../../pipeline/test-clock.ts";
import { FakeReceiver } from "./fake-receiver.ts";
import { AT, samplePayload } from "./sample-alert.ts";
import { NO_COUNTS } from "../../../src/core/record-counts.ts";

const HOUR = 3_600_000;
let receiver: FakeReceiver;
beforeEach(async () => {
  receiver = await FakeReceiver.open();
});
afterEach(() => receiver.close());

async function sent(
  changes: Partial<Alert> = {},
  options: Partial<AlertmanagerHookOptions> = {},
): Promise<AlertmanagerAlert> {
  const clock = new HandClock(AT + HOUR);
  const hook = createAlertmanagerHook({
    url: `http://127.0.0.1:${receiver.port}`,
    clock,
    allowPrivate: true,
    ...options,
  });
  const outcome = await hook.deliver(samplePayload(changes), "msg_1", new AbortController().signal);
  expect(outcome).toEqual({ kind: "delivered" });
  const [alerts] = receiver.bodies.slice(-1) as AlertmanagerAlert[][];
  expect(alerts).toHaveLength(1);
  return alerts?.[0] as AlertmanagerAlert;
}

describe("an alert for Alertmanager", () => {
  it("has labels to route and silence by, annotations to read, and a link back", async () => {
    expect(await sent()).toMatchObject({
      labels: {
        alertname: "LinkRetryExhausted",
        service: "after202",
        rule: "link-retry-exhausted",
        severity: "critical",
        upstream_instance: "123-ABC-456",
        object_name: "purchases",
      },
      annotations: {
        summary: "3 requests to purchases (123-ABC-456) have lost 12 records: the link retries ran out",
        description: expect.any(String),
        evidence: "inferred",
        alert_id: "4711",
        requests: "3",
        sample: "r-1 r-2 r-3",
        records_outstanding: "5",
        records_failed: "1004: 7",
      },
      startsAt: "2026-11-22T12:00:00.000Z",
      generatorURL: "https://after202.example.com/#/alerts/4711",
    });
    expect(receiver.received[0]).toMatchObject({ method: "POST", path: "/api/v2/alerts" });
  });

  it("keeps its labels while evidence, counts and status change: they are its identity there", async () => {
    const before = await sent();
    const requests = { count: 9, sample: ["r-9"], outstanding: 0, failed: NO_COUNTS };
    const grown = await sent({ evidence: "observed", requests, alertId: "4712" });
    const over = await sent({ status: "recovered", endsAt: AT + 1, requests });
    expect(grown.labels).toEqual(before.labels);
    expect(over.labels).toEqual(before.labels);
  });

  it("has no empty label", async () => {
    const { labels } = await sent({ group: { instance: "", objectName: "", source: "journal" } });
    expect(labels).toMatchObject({ source: "journal" });
    expect(Object.values(labels)).not.toContain("");
    expect(labels).not.toHaveProperty("object_name");
  });

  it("ends in the future while it fires, so that nobody's silence resolves it", async () => {
    expect((await sent()).endsAt).toBe(new Date(AT + HOUR + HOUR / 3).toISOString());
    expect((await sent({}, { resolveAfterMs: 1_000 })).endsAt).toBe(
      new Date(AT + HOUR + 1_000).toISOString(),
    );
  });

  it("ends when it ended, never in the future and never before it began", async () => {
    const ended = async (endsAt: number | null): Promise<string> =>
      (await sent({ status: "resolved", endsAt })).endsAt;
    expect(await ended(AT + 1_000)).toBe(new Date(AT + 1_000).toISOString());
    expect(await ended(null)).toBe(new Date(AT + HOUR).toISOString());
    expect(await ended(AT + 9 * HOUR)).toBe(new Date(AT + HOUR).toISOString());
    expect(await ended(AT - HOUR)).toBe(new Date(AT).toISOString());
  });

  it.each(["/", "/alertmanager", "/alertmanager/"])("finds the API under the path %s", async (path) => {
    await sent({}, { url: `http://127.0.0.1:${receiver.port}${path}` });
    expect(receiver.received[0]?.path).toBe(`${path.replace(/\/$/, "")}/api/v2/alerts`);
  });
});
