/**
 * A store with millions of facts that grows, filled by the engine itself: it takes minutes where the pipeline would take many.
 *
 * The rows go through the views of `incoming_facts`, so that a table that changes is filled as it then is.
 */
import { check } from "./benchmark.ts";
import {
  correlationOf,
  doneOf,
  eventsStatement,
  factsOf,
  factsStatement,
  type FilledRequests,
  isSubmitted,
  planGrowth,
  planRequests,
  REQUEST_ID,
  requestsOf,
} from "./filled-requests.ts";
import type { ServiceProcess } from "./service.ts";
import { type EngineProcess, openEngineProcess } from "./engine.ts";
import { pause } from "./timing.ts";

export interface FilledStore {
  readonly dataDir: string;
  plan(): FilledRequests;
  /** Nobody else has it open meanwhile. @returns facts there, and what the growing took */
  growTo(facts: number): Promise<{ facts: number; seconds: number; settledInSeconds: number }>;
}

const REQUESTS_PER_INSERT = 2_000_000;
const SETTLE_MS = 120_000;

export function createFilledStore(dataDir: string): FilledStore {
  let plan = planRequests(Date.now());
  return {
    dataDir,
    plan: () => plan,
    async growTo(facts) {
      const engine = await openEngineProcess(dataDir);
      try {
        const began = performance.now();
        plan = planGrowth(plan, facts);
        await insertLayer(engine, plan);
        const filledAt = performance.now();
        await settleMerges(engine);
        const settledAt = performance.now();
        return {
          facts: await checkCounts(engine, plan),
          seconds: (filledAt - began) / 1_000,
          settledInSeconds: (settledAt - filledAt) / 1_000,
        };
      } finally {
        await engine.close();
      }
    },
  };
}

async function insertLayer(engine: EngineProcess, plan: FilledRequests): Promise<void> {
  const layer = plan.layers.at(-1);
  check(layer !== undefined, "a layer is planned");
  // over days, followers and alerts would have seen all this as it came: they do not begin with millions of late arrivals
  await engine.command("DETACH TABLE arrivals_mv");
  for (let from = layer.from; from < layer.until; from += REQUESTS_PER_INSERT) {
    const until = Math.min(layer.until, from + REQUESTS_PER_INSERT);
    await engine.command(factsStatement(plan, layer, { from, until }));
  }
  await engine.command("ATTACH TABLE arrivals_mv");
  await engine.command(eventsStatement(plan, layer));
}

/** Until no merge has run for a while, as in a store that was filled over days. */
async function settleMerges(engine: EngineProcess): Promise<void> {
  const giveUpAt = Date.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 6 && Date.now() < giveUpAt; await pause(500)) {
    const [row] = await engine.query<{ running: string }>("SELECT count() AS running FROM system.merges");
    quiet = row?.running === "0" ? quiet + 1 : 0;
  }
}

/** Benchmarks may have added to it. */
async function checkCounts(engine: EngineProcess, plan: FilledRequests): Promise<number> {
  const [counted] = await engine.query<Record<"all" | "all_by_time" | "facts" | "requests", string>>(
    `SELECT (SELECT count() FROM facts) AS all, count() AS all_by_time, countIf(filled) AS facts,
       uniqIf(request_id, filled) AS requests
     FROM (SELECT request_id, startsWith(correlation_id, 'job/') AS filled FROM facts_by_time)`,
  );
  const facts = Number(counted?.facts);
  const { atLeast, atMost } = factsOf(plan);
  check(facts >= atLeast && facts <= atMost, `${facts} facts, not ${atLeast} to ${atMost}`);
  check(counted?.all === counted?.all_by_time, `${counted?.all} facts, ${counted?.all_by_time} by time`);
  const requests = Number(counted?.requests);
  check(Math.abs(requests / requestsOf(plan) - 1) < 0.03, `${requests} requests, not ${requestsOf(plan)}`);
  return facts;
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
 * @param numbers of requests that are plain
 */
export async function knownRequests(
  service: ServiceProcess,
  numbers: readonly number[],
): Promise<KnownRequest[]> {
  const rows = await service.query<{ number: string; id: string }>(
    `SELECT toString(i) AS number, ${REQUEST_ID} AS id FROM (SELECT arrayJoin({numbers:Array(UInt64)}) AS i)`,
    { numbers },
  );
  return rows.map((row) => {
    const i = Number(row.number);
    return {
      requestId: row.id,
      correlationId: correlationOf(i),
      submitted: isSubmitted(i),
      done: doneOf(i),
    };
  });
}
