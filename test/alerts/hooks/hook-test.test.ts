import { expect, it } from "vitest";
import { testHooks } from "../../../src/alert-hooks.ts";
import { createAlertTexts } from "../../../src/alerts/template.ts";
import type { AlertHook, AlertPayload } from "../../../src/core/alert-ports.ts";
import { AT } from "./sample-alert.ts";

function recordingHook(name: string, reached = true): { hook: AlertHook; got: AlertPayload[] } {
  const got: AlertPayload[] = [];
  const hook: AlertHook = {
    name,
    deliver(payload) {
      got.push(payload);
      return Promise.resolve(reached ? { kind: "delivered" } : { kind: "retry", reason: "answered 503" });
    },
  };
  return { hook, got };
}

it("a test of a hook says that it is one, not what its rule would say of no requests, and is ended", async () => {
  const ops = recordingHook("ops");
  const away = recordingHook("away", false);
  const texts = createAlertTexts({ "link-retry-at-risk.firing.summary": "{{count}} requests" });
  expect(await testHooks([ops.hook, away.hook], texts, AT, "http://x")).toEqual([
    { hook: "ops", outcome: "delivered" },
    { hook: "away", outcome: "failed", reason: "answered 503" },
  ]);
  expect(ops.got.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  for (const { summary } of ops.got) {
    expect(summary).toContain("ops");
    expect(summary).not.toContain("0 requests");
  }
  expect(away.got).toHaveLength(1);
});
