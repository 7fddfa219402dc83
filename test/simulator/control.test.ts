import { describe, expect, it } from "vitest";
import { withDirective } from "../../src/simulator/directives.ts";
import type { TruthRow } from "../../src/simulator/truth.ts";
import { accepted, persons, quiet, readJournal, simulate, submit } from "./client.ts";

const body = { persons: persons("a@x.example") };

describe("the simulator's controls", () => {
  it("give the truth of every request as NDJSON, oldest first", async () => {
    const simulator = await simulate();
    const first = await accepted(simulator, "/persons", body);
    const headers = { "x-correlation-id": "job/7", "x-request-source": "crm-sync" };
    await submit(simulator, "/customobjects/purchases", { customObjects: [{ orderId: 1 }] }, headers);
    await quiet(simulator);
    const response = await fetch(`${simulator.origin}/_simulator/truth`);
    expect(response.headers.get("content-type")).toContain("application/x-ndjson");
    const rows = (await response.text())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as TruthRow);
    expect(rows).toEqual(simulator.truth());
    expect(rows.map(({ requestId }) => requestId)[0]).toBe(first);
    expect(rows[1]).toMatchObject({
      correlationId: "job/7",
      requestSource: "crm-sync",
      objectName: "purchases",
      operation: "upsert",
      settledAt: expect.any(String),
    });
  });

  it("forget the oldest truth beyond the bound", async () => {
    const simulator = await simulate({ maxTruthRequests: 2 });
    const ids = [];
    for (let index = 0; index < 3; index++) ids.push(await accepted(simulator, "/persons", body));
    expect(simulator.truth().map(({ requestId }) => requestId)).toEqual(ids.slice(1));
  });

  it("say that all is quiet only when every record has ended and every event is out", async () => {
    const simulator = await simulate({ faults: { stream: { delayRate: 1 } } });
    expect(simulator.summary().idle).toBe(true);
    await accepted(simulator, "/persons", withDirective(body, { transient: {} }));
    expect(simulator.summary()).toMatchObject({ idle: false, pending: { requests: 1 } });
    await quiet(simulator);
    const response = await fetch(`${simulator.origin}/_simulator`);
    expect(await response.json()).toMatchObject({
      idle: true,
      requests: { total: 1, byOutcome: { succeeded: 1 } },
      stream: { published: 1, delivered: 1, delayed: 1 },
      journals: { "sim-registration": 1 },
    });
  });

  it("put any event on the stream, with Adobe's delivery fields added", async () => {
    const simulator = await simulate();
    await fetch(`${simulator.origin}/_simulator/emit`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "mine", type: "any.type", data: { a: 1 } }),
    });
    const [event] = await readJournal(simulator);
    expect(event).toMatchObject({ id: "mine", type: "any.type", data: { a: 1 } });
    expect(Object.keys(event ?? {}).some((key) => key === "eventid" || key === "event_id")).toBe(true);
  });

  it("refuse a webhook that has no URL or does not answer", async () => {
    const simulator = await simulate();
    const register = async (target: object): Promise<number> => {
      const response = await fetch(`${simulator.origin}/_simulator/webhooks`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(target),
      });
      return response.status;
    };
    expect(await register({})).toBe(400);
    expect(await register({ url: "http://127.0.0.1:9/" })).toBe(422);
  });

  it("leave no port open when closed", async () => {
    const simulator = await simulate();
    await accepted(simulator, "/persons", withDirective(body, { delayMs: 3_600_000 }));
    await simulator.close();
    await expect(fetch(simulator.origin)).rejects.toThrow();
  });
});
