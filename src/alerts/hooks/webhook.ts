/**
 * The webhook: the payload as contracted, signed after Standard Webhooks (standardwebhooks.com).
 *
 * `webhook-id` is the delivery's id and stays over retries: receivers drop what they have seen. The signature covers id,
 * time of the attempt and body.
 */
import { Webhook } from "standardwebhooks";
import type { AlertHook } from "../../core/alert-ports.ts";
import { After202Error } from "../../core/errors.ts";
import { openReceiver, type ReceiverOptions } from "./receiver.ts";

export interface WebhookHookOptions extends ReceiverOptions {
  /** Default `webhook`. */
  readonly name?: string;
  /** 24 to 64 bytes in base64, with or without `whsec_`. */
  readonly secret: string;
}

/** @throws After202Error CONFIG_INVALID: the URL or the secret */
export function createWebhookHook(options: WebhookHookOptions): AlertHook {
  const { name = "webhook", secret, clock } = options;
  const signer = openSigner(name, secret);
  const receiver = openReceiver(name, options, [secret, secret.replace(/^whsec_/, "")]);
  return {
    name,
    deliver(payload, deliveryId, signal) {
      const body = JSON.stringify(payload);
      const at = new Date(clock.now());
      const headers = {
        "webhook-id": deliveryId,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
        "webhook-signature": signer.sign(deliveryId, at, body),
      };
      return receiver.post(body, headers, signal);
    },
  };
}

/** Least and most bytes of a secret, after the Standard Webhooks specification. */
const SECRET_BYTES = { least: 24, most: 64 };

function openSigner(hook: string, secret: string): Webhook {
  const text = secret.replace(/^whsec_/, "");
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64").length : 0;
  if (bytes < SECRET_BYTES.least || bytes > SECRET_BYTES.most) {
    throw new After202Error(
      "CONFIG_INVALID",
      `The secret of the ${hook} hook must be 24 to 64 random bytes in base64, with or without whsec_ ` +
        "(openssl rand -base64 32 makes one).",
    );
  }
  // padded, since the library is strict about it
  return new Webhook(Buffer.from(text, "base64").toString("base64"));
}
