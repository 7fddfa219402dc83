/**
 * The digital signatures of a webhook delivery: RSA-SHA256 over the raw bytes, by two keys.
 *
 * One valid signature of the two is enough, and one key that loads is enough.
 */
import { verify, type KeyObject } from "node:crypto";
import { After202Error } from "../core/errors.ts";
import type { PublicKeys } from "./public-keys.ts";

/** Names in lower case, as Node gives them. */
export type WebhookHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** @throws After202Error SIGNATURE_INVALID, or SIGNATURE_KEY_UNAVAILABLE when no key could be loaded */
export async function checkSignature(
  headers: WebhookHeaders,
  rawBody: Uint8Array,
  keys: PublicKeys,
): Promise<void> {
  const signed = [1, 2].flatMap((n) => {
    const signature = single(headers[`x-adobe-digital-signature-${n}`]);
    const path = single(headers[`x-adobe-public-key${n}-path`]);
    return signature !== "" && keys.accepts(path) ? [{ signature, path }] : [];
  });
  if (signed.length === 0) {
    throw new After202Error("SIGNATURE_INVALID", "The delivery has no signature with a key of Adobe's.");
  }
  let anyKey = false;
  const loaded = signed.map(async ({ signature, path }) => ({ signature, key: await keys.load(path) }));
  for (const { signature, key } of await Promise.all(loaded)) {
    if (key === undefined) continue;
    anyKey = true;
    if (isValid(rawBody, key, signature)) return;
  }
  if (anyKey) throw new After202Error("SIGNATURE_INVALID", "Neither digital signature fits the body.");
  throw new After202Error("SIGNATURE_KEY_UNAVAILABLE", "No public key could be loaded; send it again later.");
}

function isValid(rawBody: Uint8Array, key: KeyObject, signature: string): boolean {
  try {
    return verify("RSA-SHA256", rawBody, key, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/** A header that stands there several times is none: nobody says which one counts. */
function single(value: string | readonly string[] | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}
