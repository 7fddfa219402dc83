/** Since when digests are waited for, and by how many accepted requests, as far as they are kept (8 days). */
import type { LinkWait } from "../core/link-ports.ts";
import { idChunks } from "./alert-id-chunks.ts";
import type { StoreClient } from "./client.ts";

interface WaitRow {
  readonly digest: string;
  readonly since_ms: string;
  readonly requests: string;
}

/** By digest; what nobody waits for is left out. */
export async function linkWaits(
  client: StoreClient,
  instance: string,
  digests: readonly string[],
): Promise<Map<string, LinkWait>> {
  const waits = new Map<string, LinkWait>();
  for (const some of idChunks(digests)) {
    for (const row of await client.query<WaitRow>(WAITS, { instance, digests: some })) {
      waits.set(row.digest, { since: Number(row.since_ms), requests: Math.max(1, Number(row.requests)) });
    }
  }
  return waits;
}

const WAITS = `
  SELECT digest, min(toUnixTimestamp64Milli(at)) AS since_ms, uniqExactIf(request_id, accepted) AS requests
  FROM link_digests
  WHERE role = 'link' AND digest IN {digests:Array(String)} AND instance = {instance:String}
  GROUP BY digest`;
