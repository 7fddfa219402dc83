/**
 * Keys as they were looked up a moment ago, known and unknown ones, so that not every request asks the store.
 *
 * Bounded in size and age: a revoked key stops working once its entry is KEY_TTL_MS old.
 */
import type { ApiKey, Clock, KeyStore } from "../core/ports.ts";
import { KEY_CACHE_SIZE, KEY_TTL_MS } from "./limits.ts";

export interface KeyCache {
  /** True when `find` would ask the store. */
  isCold(keyId: string): boolean;
  /** @returns undefined for a key that does not exist; rejects when the store is away */
  find(keyId: string): Promise<ApiKey | undefined>;
}

export function createKeyCache(keys: KeyStore, clock: Clock): KeyCache {
  const entries = new Map<string, { readAt: number; key: Promise<ApiKey | undefined> }>();

  function fresh(keyId: string): Promise<ApiKey | undefined> | undefined {
    const entry = entries.get(keyId);
    return entry !== undefined && clock.now() - entry.readAt < KEY_TTL_MS ? entry.key : undefined;
  }

  async function find(keyId: string): Promise<ApiKey | undefined> {
    const known = fresh(keyId);
    if (known !== undefined) return known;
    const entry = { readAt: clock.now(), key: keys.findKey(keyId) };
    entries.delete(keyId);
    entries.set(keyId, entry);
    const oldest = entries.keys().next().value;
    if (entries.size > KEY_CACHE_SIZE && oldest !== undefined) entries.delete(oldest);
    try {
      return await entry.key;
    } catch (error) {
      if (entries.get(keyId) === entry) entries.delete(keyId);
      throw error;
    }
  }

  return { isCold: (keyId) => fresh(keyId) === undefined, find };
}
