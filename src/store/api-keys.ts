/** API keys: only their hashes are kept; the newest row of a key counts. */
import type { ApiKey, KeyStore, Scope } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

interface KeyRow {
  readonly key_id: string;
  readonly name: string;
  readonly hash: string;
  readonly scopes: Scope[];
  readonly created_ms: string;
  readonly revoked_ms: string | null;
}

const SELECT = `
  SELECT key_id, name, hash, scopes, toUnixTimestamp64Milli(created_at) AS created_ms,
         toUnixTimestamp64Milli(revoked_at) AS revoked_ms
  FROM api_keys FINAL`;

function keyOf(row: KeyRow): ApiKey {
  return {
    keyId: row.key_id,
    name: row.name,
    hash: row.hash,
    scopes: row.scopes,
    createdAt: Number(row.created_ms),
    revokedAt: row.revoked_ms === null ? null : Number(row.revoked_ms),
  };
}

export function createKeyStore(client: StoreClient): KeyStore {
  return {
    async saveKey(key) {
      await client.insert(
        "api_keys",
        ["key_id", "name", "hash", "scopes", "created_at", "revoked_at", "changed_at"],
        `[${quote(key.keyId)},${quote(key.name)},${quote(key.hash)},[${key.scopes.map(quote).join(",")}],` +
          `${key.createdAt},${key.revokedAt},${key.revokedAt ?? key.createdAt}]`,
      );
    },
    async findKey(keyId) {
      const [row] = await client.query<KeyRow>(`${SELECT} WHERE key_id = {keyId:String}`, { keyId });
      return row === undefined ? undefined : keyOf(row);
    },
    async listKeys() {
      return (await client.query<KeyRow>(`${SELECT} ORDER BY created_at`)).map(keyOf);
    },
  };
}
