/**
 * A store with millions of requests, filled by the engine itself: it takes minutes where the pipeline would take many.
 */
import {
  correlationOf,
  fillStatement,
  type FilledRequests,
  isSubmitted,
  planRequests,
  REQUEST_ID,
} from "./filled-requests.ts";
import type { ServiceProcess } from "./service.ts";
import { check } from "./benchmark.ts";
import { pause } from "./timing.ts";

export interface FilledStore {
  readonly dataDir: string;
  readonly plan: FilledRequests;
  readonly facts: number;
}

const REQUESTS_PER_INSERT = 250_000;
const SETTLE_MS = 90_000;

export async function fillStore(
  service: ServiceProcess,
  dataDir: string,
  requests: number,
): Promise<FilledStore> {
  const plan = planRequests(requests, Date.now());
  for (let from = 0; from < requests; from += REQUESTS_PER_INSERT) {
    await service.command(fillStatement(plan, from, Math.min(requests, from + REQUESTS_PER_INSERT)));
  }
  // over days, the sweeps would have seen these as they came: alerts do not begin with millions of late arrivals
  await service.command("TRUNCATE TABLE arrivals");
  await settleMerges(service);
  const [counted] = await service.query<{ facts: string; requests: string }>(
    "SELECT count() AS facts, uniq(request_id) AS requests FROM facts",
  );
  const seen = Number(counted?.requests);
  check(
    Math.abs(seen - requests) < requests * 0.03,
    `the store was filled with ${seen} requests, not ${requests}`,
  );
  return { dataDir, plan, facts: Number(counted?.facts) };
}

/** Until no merge has run for a while, as in a store that was filled over days. */
async function settleMerges(service: ServiceProcess): Promise<void> {
  const giveUpAt = Date.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 6 && Date.now() < giveUpAt; await pause(500)) {
    const [row] = await service.query<{ running: string }>("SELECT count() AS running FROM system.merges");
    quiet = row?.running === "0" ? quiet + 1 : 0;
  }
}

export interface KnownRequest {
  readonly requestId: string;
  readonly correlationId: string;
  readonly submitted: boolean;
  /** Records that were created or updated. */
  readonly done: number;
}

/**
 * Requests of the store and what is to be known of them, by arithmetic and not by the fold.
 *
 * @param numbers of requests that are neither rejected nor without response nor of the last ten minutes
 */
export async function knownRequests(
  service: ServiceProcess,
  numbers: readonly number[],
): Promise<KnownRequest[]> {
  const rows = await service.query<{ i: string; id: string }>(
    `SELECT toString(i) AS i, ${REQUEST_ID} AS id FROM (SELECT arrayJoin({numbers:Array(UInt64)}) AS i)`,
    { numbers },
  );
  return rows.map((row) => {
    const i = Number(row.i);
    const retried = i % 5 === 0;
    return {
      requestId: row.id,
      correlationId: correlationOf(i),
      submitted: isSubmitted(i),
      done: !retried && i % 50 === 1 ? 97 : 100,
    };
  });
}
