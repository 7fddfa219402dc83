import { describe, expect, it } from "vitest";
import { withDirective } from "../../src/simulator/directives.ts";
import { createFaultPlan } from "../../src/simulator/faults.ts";
import { createRandom } from "../../src/simulator/random.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { malformedEvent } from "../../src/simulator/stream/malformed.ts";
import {
  accepted,
  journalHeaders,
  linkOf,
  persons,
  quiet,
  readJournal,
  settled,
  simulate,
  submit,
  tokenOf,
} from "./client.ts";

const onePerson = { persons: persons("a@x.example") };

async function submitMany(simulator: Simulator, requests: number): Promise<void> {
  for (let index = 0; index < requests; index++) {
    await accepted(simulator, "/persons", { persons: persons(`${index}@x.example`) });
  }
  await quiet(simulator);
}

async function readStatus(simulator: Simulator): Promise<number | "reset"> {
  const headers = await journalHeaders(simulator);
  return fetch(simulator.journalUrl, { headers }).then(
    ({ status }) => status,
    () => "reset",
  );
}

describe("faults", () => {
  it("come in the same sequence for the same seed, and in another for another", () => {
    const sequence = (seed: number): unknown[] => {
      const plan = createFaultPlan(createRandom(seed), {
        journal: { statuses: { "429": 0.2, "500": 0.2 }, resetRate: 0.2, slowRate: 0.1 },
      });
      return Array.from({ length: 50 }, () => plan.decide("journal"));
    };
    expect(sequence(1)).toEqual(sequence(1));
    expect(sequence(1)).not.toEqual(sequence(2));
    expect(new Set(sequence(1).map((fault) => (fault as { outcome: unknown }).outcome))).toEqual(
      new Set(["ok", 429, 500, "reset"]),
    );
  });

  it("duplicate, drop and delay the same events again for the same seed", async () => {
    const deliveries = async (): Promise<string[]> => {
      const simulator = await simulate({
        seed: 3,
        results: { maxRequestsPerEvent: 1 },
        faults: { stream: { duplicateRate: 0.3, dropRate: 0.2, delayRate: 0.3 } },
      });
      await submitMany(simulator, 30);
      return (await readJournal(simulator)).map(({ id }) => id).sort();
    };
    const first = await deliveries();
    expect(await deliveries()).toEqual(first);
    expect(new Set(first).size).toBeLessThan(30);
    expect(first.length).toBeGreaterThan(new Set(first).size);
  });

  it("deliver a duplicate as the same event, byte for byte", async () => {
    const simulator = await simulate({ faults: { stream: { duplicateRate: 1 } } });
    await submitMany(simulator, 1);
    const events = await readJournal(simulator);
    expect(events).toHaveLength(2);
    expect(events[0]).toEqual(events[1]);
  });

  it("bring events out of order without losing any", async () => {
    const simulator = await simulate({
      results: { maxRequestsPerEvent: 1 },
      faults: { stream: { delayRate: 0.5, delayWithinMs: 30 * 60_000 } },
    });
    await submitMany(simulator, 20);
    const times = (await readJournal(simulator)).map(({ time }) => time);
    expect(times).toHaveLength(20);
    expect(times).not.toEqual([...times].sort());
  });

  it("are noted in the truth where they dropped an event", async () => {
    const simulator = await simulate({ faults: { stream: { dropRate: 1 } } });
    const requestId = await accepted(simulator, "/persons", onePerson);
    expect(await settled(simulator, requestId)).toMatchObject({ dropped: 1, outcome: "succeeded" });
    expect(await readJournal(simulator)).toEqual([]);
  });

  it("can drop or duplicate the results of one request by directive", async () => {
    const simulator = await simulate();
    const dropped = await accepted(simulator, "/persons", withDirective(onePerson, { drop: true }));
    await settled(simulator, dropped);
    const doubled = await accepted(simulator, "/persons", withDirective(onePerson, { duplicate: true }));
    await settled(simulator, doubled);
    const ids = (await readJournal(simulator)).flatMap(({ data }) =>
      data.requests.map(({ requestId }) => requestId),
    );
    expect(ids).toEqual([doubled, doubled]);
  });

  it("add malformed events that name no real request", async () => {
    const simulator = await simulate({
      faults: { stream: { malformedRate: 1 } },
      results: { maxRequestsPerEvent: 1 },
    });
    await submitMany(simulator, 10);
    const events = await readJournal(simulator);
    expect(events).toHaveLength(20);
    const real = new Set(simulator.truth().map(({ requestId }) => requestId));
    const named = events.filter(
      ({ data }) =>
        Array.isArray(data?.requests) && data.requests.some(({ requestId }) => real.has(requestId)),
    );
    expect(named).toHaveLength(10);
  });

  it("make malformed events of every kind that are still JSON", () => {
    const random = createRandom(1);
    const texts = Array.from({ length: 200 }, () => malformedEvent(random).text);
    expect(() => texts.map((text) => JSON.parse(text) as unknown)).not.toThrow();
    expect(
      new Set(texts.map((text) => typeof (JSON.parse(text) as { data?: unknown }).data)).size,
    ).toBeGreaterThan(2);
  });

  it("answer the journal's next requests as told, then well again", async () => {
    const simulator = await simulate({ faults: { journal: { next: [401, 429, 500, 503, "reset"] } } });
    const statuses = [];
    for (let index = 0; index < 6; index++) statuses.push(await readStatus(simulator));
    expect(statuses).toEqual([401, 429, 500, 503, "reset", 204]);
  });

  it("cut a page's body but not its link, and give the whole page the next time", async () => {
    const simulator = await simulate({ preload: { events: 3 } });
    simulator.setFaults({ journal: { next: ["undecodable"] } });
    const headers = await journalHeaders(simulator);
    const cut = await fetch(simulator.journalUrl, { headers });
    expect(cut.status).toBe(200);
    expect(linkOf(cut, "next")).toBeTruthy();
    await expect(cut.json()).rejects.toThrow(SyntaxError);
    expect(await readJournal(simulator)).toHaveLength(3);
  });

  it("spoil a page for good with a raw event", async () => {
    const simulator = await simulate();
    const response = await fetch(`${simulator.origin}/_simulator/emit`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{ id: "good" }, { raw: '{"id":"cut' }]),
    });
    expect(await response.json()).toEqual({ emitted: 2 });
    const page = await fetch(simulator.journalUrl, { headers: await journalHeaders(simulator) });
    await expect(page.json()).rejects.toThrow(SyntaxError);
  });

  it("hold answers back", async () => {
    const simulator = await simulate({ faults: { journal: { slowRate: 1, slowMs: 300 } } });
    const startedAt = Date.now();
    await readStatus(simulator);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(295);
  });

  it("fail the token endpoint", async () => {
    const simulator = await simulate({ faults: { ims: { next: [500, "reset"] } } });
    expect((await tokenOf(simulator)).status).toBe(500);
    await expect(tokenOf(simulator)).rejects.toThrow();
    expect((await tokenOf(simulator)).status).toBe(200);
  });

  it("fail the Marketo API with its own codes", async () => {
    const simulator = await simulate({ faults: { marketo: { next: [429, 500] } } });
    const answers = [
      await submit(simulator, "/persons", onePerson),
      await submit(simulator, "/persons", onePerson),
    ];
    expect(answers.map(({ status }) => status)).toEqual([429, 500]);
    expect(await answers[0]?.json()).toMatchObject({ error_code: "429001" });
    expect(await answers[1]?.json()).toMatchObject({ error_code: "5000801" });
  });

  it.each([["fault"], ["directive"]])("lose the response of an accepted request by %s", async (by) => {
    const simulator = await simulate();
    if (by === "fault") simulator.setFaults({ marketo: { next: ["lose-response"] } });
    const body = by === "fault" ? onePerson : withDirective(onePerson, { connection: "lose-response" });
    await expect(submit(simulator, "/persons", body)).rejects.toThrow();
    await quiet(simulator);
    expect(simulator.truth()).toMatchObject([{ httpStatus: 202, created: 1, outcome: "succeeded" }]);
  });

  it("break a connection before the request got in, leaving no trace", async () => {
    const simulator = await simulate();
    await expect(
      submit(simulator, "/persons", withDirective(onePerson, { connection: "reset" })),
    ).rejects.toThrow();
    expect(simulator.truth()).toEqual([]);
  });

  it("are set over HTTP, and an unknown one is refused by name", async () => {
    const simulator = await simulate();
    const set = async (patch: object): Promise<Response> =>
      fetch(`${simulator.origin}/_simulator/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(patch),
      });
    expect(await (await set({ stream: { dropRate: 1 } })).json()).toMatchObject({ stream: { dropRate: 1 } });
    const refused = await set({ stream: { dropsRate: 1 } });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("stream.dropsRate"),
    ]);
    await submitMany(simulator, 1);
    expect(await readJournal(simulator)).toEqual([]);
  });
});
