import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createWebhookHook, type WebhookHookOptions } from "../../../src/alerts/hooks/webhook.ts";
import { systemClock } from "../../../src/clock.ts";
import type { AlertHook } from "../../../src/core/alert-ports.ts";
import { FakeReceiver } from "./fake-receiver.ts";
import { samplePayload } from "./sample-alert.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
let receiver: FakeReceiver;

beforeEach(async () => {
  receiver = await FakeReceiver.open();
});
afterEach(() => receiver.close());

function webhook(options: Partial<WebhookHookOptions> = {}): AlertHook {
  return createWebhookHook({
    url: receiver.url,
    secret: SECRET,
    allowPrivate: true,
    clock: systemClock,
    ...options,
  });
}

const { signal } = new AbortController();

describe("the webhook", () => {
  it("sends the payload as it is, with a signature that the standardwebhooks library accepts", async () => {
    const payload = samplePayload();
    expect(await webhook().deliver(payload, "msg_1", signal)).toEqual({ kind: "delivered" });
    const [request] = receiver.received;
    expect(request).toMatchObject({ method: "POST", path: "/hook" });
    expect(request?.headers).toMatchObject({ "webhook-id": "msg_1", "content-type": "application/json" });
    expect(new Webhook(SECRET).verify(request?.body ?? "", request?.headers ?? {})).toEqual(payload);
  });

  it("keeps the id over attempts, and signs each anew", async () => {
    receiver.replies.push(500);
    const hook = webhook();
    expect(await hook.deliver(samplePayload(), "msg_1", signal)).toMatchObject({ kind: "retry" });
    expect(await hook.deliver(samplePayload(), "msg_1", signal)).toEqual({ kind: "delivered" });
    expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual(["msg_1", "msg_1"]);
    expect(receiver.received[0]?.body).toBe(receiver.received[1]?.body);
  });

  it("takes a secret without whsec_ and without padding", async () => {
    const bytes = Buffer.alloc(32, 7);
    await webhook({ secret: bytes.toString("base64").replace(/=+$/, "") }).deliver(
      samplePayload(),
      "m",
      signal,
    );
    const [request] = receiver.received;
    const verifier = new Webhook(bytes.toString("base64"));
    expect(() => verifier.verify(request?.body ?? "", request?.headers ?? {})).not.toThrow();
  });

  it.each(["", "whsec_", "c2hvcnQ=", "not base64 at all, but long enough to be one"])(
    "refuses the secret %j at start, without repeating it",
    (secret) => {
      const made = (): AlertHook => webhook({ secret });
      expect(made).toThrowError(expect.objectContaining({ code: "CONFIG_INVALID" }));
      if (secret.length > 8) expect(made).not.toThrowError(secret);
    },
  );
});
