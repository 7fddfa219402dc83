/** Ten results events that are lost on their way: told by instance, object type and amount, found again, and over. */
import { it } from "vitest";
import { SIMULATED } from "../../src/simulator/options.ts";
import { openSimulator } from "../../src/simulator/simulator.ts";
import { environmentOf, openService, SERVICE_STORES } from "./service.ts";
import { until } from "./until.ts";

/** An hour in ten seconds. */
const SPEED = 360;
const LOST = 10;
const RECORDS = 7;

interface StreamHealth {
  readonly completeness: { windows: { completeness: number }[] };
  readonly repairs: { reason: string; state: string; new: number }[];
}

interface AlertPage {
  readonly items: { type: string; status: string; summary: string; group: Record<string, string> }[];
}

// both at once: most of it is waiting for an hour to end
it.concurrent.for(SERVICE_STORES)(
  "ten events lost within an hour are missed by instance, object type and amount, found by reading again, and the alert ends: %s",
  async (store, { expect, onTestFinished }) => {
    const simulator = await openSimulator({
      speed: SPEED,
      seed: 7,
      results: { maxRequestsPerEvent: 1, flushMs: 0 },
      marketo: { delayMs: 1_000 },
    });
    const service = await openService(
      store,
      { ...environmentOf(simulator), LOG_LEVEL: "silent" },
      {},
      "alerts: { groupWait: 0s }",
    );
    onTestFinished(async () => {
      await service.close();
      await simulator.close();
    });
    const { api } = service;
    const submit = async (objectType: string, body: object): Promise<string> => {
      const url = `${simulator.marketoUrl}/subscriptions/${SIMULATED.instance}/${objectType}`;
      const headers = { "content-type": "application/json", "x-mkto-user-token": SIMULATED.userToken };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      expect(response.status).toBe(202);
      return response.headers.get("x-request-id") ?? "";
    };
    const persons = (name: string) =>
      submit("persons", {
        persons: Array.from({ length: RECORDS }, (_, n) => ({ email: `${name}-${n}@example.com` })),
      });
    const known = async (ids: readonly string[]): Promise<boolean> => {
      const found = await Promise.all(ids.map((id) => api.lifecycle(id)));
      return found.every((one) => one?.state === "succeeded");
    };

    const seen = [
      await submit("companies", { companies: [{ externalCompanyId: "c" }] }),
      await persons("seen"),
    ];
    await until("what is not lost is known", () => known(seen));
    simulator.setFaults({ journal: { hideNext: LOST, keepHidden: true } });
    const lost = await Promise.all(Array.from({ length: LOST }, (_, n) => persons(`lost-${n}`)));

    const alerts = async (status: string) =>
      (await api.get<AlertPage>(`/v1/alerts?rule=stream-gap&status=${status}`)).body.items;
    await until("it fires", async () => (await alerts("firing")).length === 1, { everyMs: 50 });
    const [alert] = await alerts("firing");
    if (alert !== undefined) {
      expect(alert.group).toMatchObject({ instance: SIMULATED.instance });
      expect(alert.summary).toContain(`${LOST * RECORDS} of ${(LOST + 1) * RECORDS} person records`);
    }
    simulator.setFaults({ journal: { keepHidden: false } }); // not before: a slow machine would find them before it fires
    await until("the journal is read again", () => known(lost), { timeoutMs: 90_000 });
    await until("it is over", async () => (await alerts("resolved")).length === 1);
    expect(await alerts("firing")).toEqual([]);
    const { completeness, repairs } = (await api.get<StreamHealth>("/v1/stream")).body;
    // a reading before that brought none of them, at most what the journal had only just received
    const found = repairs.find((run) => run.new >= LOST);
    expect(found).toMatchObject({ reason: "records_missing", state: "done" });
    expect(completeness.windows.length).toBeGreaterThan(0);
    for (const window of completeness.windows) expect(window.completeness).toBe(1);
  },
);
