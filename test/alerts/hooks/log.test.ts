import { expect, it } from "vitest";
import { createLogHook } from "../../../src/alerts/hooks/log.ts";
import { listLogger, type LogLine } from "../../pipeline/test-clock.ts";
import { AT, samplePayload } from "./sample-alert.ts";

const { signal } = new AbortController();

it("writes one structured line a notification, louder for what is worse, quiet for what is over", async () => {
  const lines: LogLine[] = [];
  const hook = createLogHook({ logger: listLogger(lines) });
  const payloads = [
    samplePayload(),
    samplePayload({ severity: "warning" }),
    samplePayload({ severity: "info" }),
    samplePayload({ status: "resolved", endsAt: AT }),
  ];
  for (const payload of payloads) {
    expect(await hook.deliver(payload, "msg_1", signal)).toEqual({ kind: "delivered" });
  }
  expect(lines.map(({ level }) => level)).toEqual(["error", "warn", "info", "info"]);
  expect(lines[0]?.fields).toEqual({ deliveryId: "msg_1", alert: payloads[0] });
});
