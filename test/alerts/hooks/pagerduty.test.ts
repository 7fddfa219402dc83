import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPagerdutyHook } from "../../../src/alerts/hooks/pagerduty.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Alert } from "../../../src/core/alert.ts";
import type { HookOutcome } from "../../../src/core/alert-ports.ts";
import { FakeReceiver } from "./fake-receiver.ts";
import { AT, samplePayload } from "./sample-alert.ts";

const KEY = "0123456789abcdef0123456789abcdef";
let receiver: FakeReceiver;
beforeEach(async () => {
  receiver = await FakeReceiver.open();
  receiver.reply = 202;
});
afterEach(() => receiver.close());

function send(changes: Partial<Alert> = {}): Promise<HookOutcome> {
  const hook = createPagerdutyHook({
    routingKey: KEY,
    url: `http://127.0.0.1:${receiver.port}/v2/enqueue`,
    clock: systemClock,
    allowPrivate: true,
  });
  return hook.deliver(samplePayload(changes), "msg_1", new AbortController().signal);
}

describe("an event for PagerDuty", () => {
  it("triggers an incident under the alert's id", async () => {
    expect(await send()).toEqual({ kind: "delivered" });
    expect(receiver.bodies[0]).toMatchObject({
      routing_key: KEY,
      event_action: "trigger",
      dedup_key: "4711",
      client: "after202",
      client_url: "https://after202.example.com/#/alerts/4711",
      links: [
        { href: "https://after202.example.com/#/alerts/4711" },
        { href: expect.stringContaining("/v1/alerts/") },
      ],
      payload: {
        summary: "3 requests to purchases (123-ABC-456) have lost 12 records: the link retries ran out",
        source: "123-ABC-456",
        severity: "critical",
        timestamp: "2026-11-22T12:00:00.000Z",
        component: "purchases",
        class: "link-retry-exhausted",
        custom_details: { evidence: "inferred", requests: 3, sample: ["r-1", "r-2", "r-3"] },
      },
    });
  });

  it.each(["resolved", "recovered"] as const)("resolves it when the alert is %s", async (status) => {
    await send({ status, endsAt: AT + 1 });
    expect(receiver.bodies).toEqual([{ routing_key: KEY, dedup_key: "4711", event_action: "resolve" }]);
  });

  it.each(["info", "warning", "critical"] as const)("knows the severity %s", async (severity) => {
    await send({ severity });
    expect(receiver.bodies[0]).toMatchObject({ payload: { severity } });
  });

  it("always has a source, and a summary that fits", async () => {
    await send({ group: { instance: "", objectName: "x".repeat(3_000), source: "" } });
    const [{ payload }] = receiver.bodies as [{ payload: { source: string; summary: string } }];
    expect(payload.source).not.toBe("");
    expect(payload.summary.length).toBeLessThanOrEqual(1_024);
  });

  it("keeps the routing key out of the reason of a refusal", async () => {
    receiver.reply = (response) => response.writeHead(400).end(`{"errors":["bad routing_key ${KEY}"]}`);
    const outcome = await send();
    expect(outcome).toMatchObject({ kind: "refused" });
    expect(JSON.stringify(outcome)).not.toContain(KEY);
  });
});
