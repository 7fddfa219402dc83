import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { slackMessage } from "../../../src/alerts/hooks/slack-message.ts";
import { createSlackHook } from "../../../src/alerts/hooks/slack.ts";
import { createAlertTexts } from "../../../src/alerts/template.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Alert } from "../../../src/core/alert.ts";
import { FakeReceiver } from "./fake-receiver.ts";
import { AT, samplePayload } from "./sample-alert.ts";
import { NO_COUNTS } from "../../../src/core/record-counts.ts";

const { signal } = new AbortController();
const messageOf = (changes: Partial<Alert> = {}) => slackMessage(samplePayload(changes), createAlertTexts());
const textOf = (changes: Partial<Alert> = {}): string => JSON.stringify(messageOf(changes));

describe("a Slack message", () => {
  let receiver: FakeReceiver;
  beforeEach(async () => {
    receiver = await FakeReceiver.open();
  });
  afterEach(() => receiver.close());

  it("reads: a headline, what happened, where and how much, which requests, how it is known", async () => {
    const hook = createSlackHook({ url: receiver.url, clock: systemClock, allowPrivate: true });
    expect(await hook.deliver(samplePayload(), "msg_1", signal)).toEqual({ kind: "delivered" });
    expect(receiver.bodies[0]).toMatchObject({
      text: expect.stringContaining("3 requests to purchases (123-ABC-456) have lost 12 records"),
      blocks: [
        {
          type: "header",
          text: { type: "plain_text", text: "🔴 Link retries exhausted: purchases (123-ABC-456)" },
        },
        { type: "section", text: { type: "mrkdwn" } },
        {
          type: "section",
          fields: [
            { type: "mrkdwn", text: "*Instance*\n123-ABC-456" },
            { type: "mrkdwn", text: "*Object*\npurchases" },
            { type: "mrkdwn", text: "*Requests*\n3" },
            { type: "mrkdwn", text: "*Records outstanding*\n5" },
            { type: "mrkdwn", text: "*Records failed*\n7 × 1004" },
          ],
        },
        { type: "section", text: { type: "mrkdwn", text: "`r-1`\n`r-2`\n`r-3`" } },
        {
          type: "context",
          elements: [
            { type: "mrkdwn", text: expect.stringContaining("inferred") },
            { type: "mrkdwn", text: expect.stringContaining(`<!date^${AT / 1_000}^`) },
            { type: "mrkdwn", text: expect.stringContaining("<https://after202.example.com/#/alerts/4711|") },
          ],
        },
      ],
    });
  });

  it("tells severities and ends apart at a glance", () => {
    const headlines = [
      messageOf(),
      messageOf({ severity: "warning" }),
      messageOf({ severity: "info" }),
      messageOf({ status: "resolved", endsAt: AT + 1 }),
      messageOf({ status: "recovered", endsAt: AT + 1 }),
    ].map(({ text }) => text.split(" ", 1)[0]);
    expect(new Set(headlines).size).toBe(5);
  });

  it("says how many persons are missing, where that is known", () => {
    const missingPersons = { count: 1_200, of: 2_000, sample: [], askedAt: AT, windowEndsAt: null };
    expect(textOf({ missingPersons })).toContain("*Persons missing*\\n1,200");
    expect(textOf()).not.toContain("Persons missing");
  });

  it("shows no empty field, and no list of requests where there are none", () => {
    const changes = {
      rule: "dead-letters",
      group: { instance: "", objectName: "", source: "" },
      requests: { count: 0, sample: [], outstanding: 0, failed: NO_COUNTS },
    } as const;
    expect(messageOf(changes).blocks.map(({ type }) => type)).toEqual(["header", "section", "context"]);
  });

  it("lets nobody's names mention a channel, make links or end the code", () => {
    const text = textOf({
      group: { instance: "<!channel>", objectName: "<https://evil.example|x>&", source: "" },
      requests: { count: 1, sample: ["`<!here>`"], outstanding: 1, failed: NO_COUNTS },
    });
    // the header is plain text: nothing is read into it
    expect(text.replace(/"type":"plain_text","text":"[^"]*"/, "")).not.toMatch(
      /<!channel>|<!here>|<https:..evil/,
    );
    expect(text).toContain("`'&lt;!here&gt;'`");
  });

  it("stays within Slack's lengths", () => {
    const long = "x".repeat(10_000);
    const { text, blocks } = messageOf({
      group: { instance: long, objectName: long, source: long },
      requests: {
        count: 10_000,
        sample: Array.from({ length: 50 }, () => long),
        outstanding: 1,
        failed: NO_COUNTS,
      },
    });
    expect(text.length).toBeLessThanOrEqual(3_000);
    for (const block of blocks) {
      if (block.type === "header") expect(block.text.text.length).toBeLessThanOrEqual(150);
      else if ("text" in block) expect(block.text.text.length).toBeLessThanOrEqual(3_000);
      else if ("fields" in block)
        for (const one of block.fields) expect(one.text.length).toBeLessThanOrEqual(2_000);
    }
  });
});
