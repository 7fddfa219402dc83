/** Events that the journal did not show at first, found by reading it again: asked for, and by itself. */
import { afterEach, describe, expect, it } from "vitest";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { runCli } from "../cli/run-cli.ts";
import { environmentOf, openService, SERVICE_STORES, type Service, type ServiceStore } from "./service.ts";
import { until } from "./until.ts";

const SPEED = 360;
const COUNT = 10;

interface Health {
  readonly coverage: { source: string; intervals: { from: string; until: string }[] }[];
  readonly gaps: { state: string; rest: unknown[]; repairedBy: string | null }[];
  readonly repairs: { reason: string; state: string; new: number; events: number; fault: string | null }[];
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** @param statusMs between two status events, simulated; 0: only results are on the stream */
async function play(
  store: ServiceStore,
  statusMs: number,
): Promise<{ simulator: Simulator; service: Service }> {
  const simulator = await openSimulator({
    speed: SPEED,
    seed: 7,
    results: { maxRequestsPerEvent: 1, flushMs: 0 },
    observability: { metricsMs: 0, statusMs },
    marketo: { delayMs: 1_000 },
  });
  closers.push(() => simulator.close());
  const service = await openService(store, { ...environmentOf(simulator), LOG_LEVEL: "silent" });
  closers.push(() => service.close());
  return { simulator, service };
}

async function submit(simulator: Simulator, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const response = await fetch(`${simulator.marketoUrl}/subscriptions/${SIMULATED.instance}/persons`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-mkto-user-token": SIMULATED.userToken },
        body: JSON.stringify({ persons: [{ email: `person-${n}@example.com` }] }),
      });
      expect(response.status).toBe(202);
      return response.headers.get("x-request-id") ?? "";
    }),
  );
}

const known = async (service: Service, ids: readonly string[]): Promise<number> => {
  const found = await Promise.all(ids.map((id) => service.api.lifecycle(id)));
  return found.filter((one) => one?.state === "succeeded").length;
};
const health = async (service: Service): Promise<Health> =>
  (await service.api.get<Health>("/v1/stream")).body;

describe.each(SERVICE_STORES)("reading a journal again, %s", (store) => {
  it("finds what was lost on the way when somebody asks for it, and counts nothing twice", async () => {
    const { simulator, service } = await play(store, 0);
    const seen = await submit(simulator, 5);
    await until("what is not hidden is known", async () => (await known(service, seen)) === 5);
    simulator.setFaults({ journal: { hideNext: COUNT } });
    const lost = await submit(simulator, COUNT);
    await until("all are hidden", () => simulator.summary().stream.published >= 5 + COUNT);
    const after = await submit(simulator, 1);
    await until("reading has gone past them", async () => (await known(service, after)) === 1);
    expect(await known(service, lost)).toBe(0);

    const { stdout, code } = await runCli(["backfill", "--since", "PT10M"], {
      env: { AFTER202_URL: service.url },
    });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^journal: done, up to .* 10 new, \d+ duplicate, 0 dead/),
    ]);
    expect(await known(service, lost)).toBe(COUNT);
    expect((await health(service)).repairs).toMatchObject([{ reason: "asked", state: "done", new: COUNT }]);
  });
});

describe("a gap", () => {
  it("that the journal still keeps is closed by reading on, and the coverage is whole again", async () => {
    const { simulator, service } = await play("embedded", 60_000);
    const seen = await submit(simulator, 3);
    await until("they are known", async () => (await known(service, seen)) === 3);
    await fetch(`${simulator.origin}/_simulator/expire`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ keep: 0 }),
    });
    simulator.setFaults({ journal: { next: Array.from({ length: 3 }, () => 410) } });
    await until("the gap is repaired", async () => (await health(service)).gaps[0]?.state === "repaired");
    const { gaps, coverage } = await health(service);
    expect(gaps).toMatchObject([{ rest: [], repairedBy: "reading" }]);
    expect(coverage[0]?.intervals).toHaveLength(1);
  });
});
