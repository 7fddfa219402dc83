/**
 * API keys: `a202_<keyId>_<secret>`. Only the SHA-256 of the secret is stored; that suffices for a secret of
 * 256 random bits, which no dictionary holds. Comparing takes the same time however much agrees.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ApiKey, Clock, Scope } from "../core/ports.ts";

const KEY = /^a202_([0-9a-f]{16})_([A-Za-z0-9_-]{43,128})$/;

export interface PlainKey {
  readonly keyId: string;
  readonly secret: string;
}

/**
 * A new key.
 *
 * @returns what is to be stored, and the key itself, which is shown once and never again
 */
export function createApiKey(
  name: string,
  scopes: readonly Scope[],
  clock: Pick<Clock, "now">,
): { key: ApiKey; plain: string } {
  const keyId = randomBytes(8).toString("hex");
  const secret = randomBytes(32).toString("base64url");
  const key = { keyId, name, hash: hashOf(secret), scopes, createdAt: clock.now(), revokedAt: null };
  return { key, plain: `a202_${keyId}_${secret}` };
}

/** @returns undefined when the text is not of a key's form */
export function parseApiKey(text: string): PlainKey | undefined {
  const [, keyId, secret] = KEY.exec(text) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret };
}

export function fitsKey(plain: PlainKey, key: ApiKey): boolean {
  return equalInConstantTime(hashOf(plain.secret), key.hash);
}

/** Compares digests, so that not even the length shows. */
export function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function hashOf(secret: string): string {
  return digest(secret).toString("hex");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
