import { describe, expect, it } from "vitest";
import { withDirective, type RequestDirective } from "../../src/simulator/directives.ts";
import { accepted, persons, quiet, readJournal, resultsOf, settled, simulate } from "./client.ts";

const tenPersons = { persons: Array.from({ length: 10 }, (_, index) => ({ email: `p${index}@x.example` })) };
const told = (directive: RequestDirective): object => withDirective(tenPersons, directive);

describe("processing after the 202", () => {
  it("creates what is new and updates what is known, by the dedupe fields", async () => {
    const simulator = await simulate();
    await settled(simulator, await accepted(simulator, "/persons", { persons: persons("a@x.example") }));
    const again = { persons: persons("A@x.example", "b@x.example") };
    const byEmail = await settled(simulator, await accepted(simulator, "/persons", again));
    expect(byEmail).toMatchObject({ created: 1, updated: 1 });

    const dedupeFields = { field1: "email", field2: "firstName" };
    const other = { dedupeFields, persons: [{ email: "a@x.example", firstName: "Brooklyn" }] };
    const byBoth = await settled(simulator, await accepted(simulator, "/persons", other));
    expect(byBoth).toMatchObject({ created: 1, updated: 0 });
  });

  it("spreads the results of a request over an event for each chunk, which add up to the truth", async () => {
    const simulator = await simulate({ marketo: { chunkRecords: 3 }, results: { flushMs: 0 } });
    const requestId = await accepted(simulator, "/persons", tenPersons);
    const truth = await settled(simulator, requestId);
    const results = await resultsOf(simulator, requestId);
    expect(results.map(({ created }) => created)).toEqual([3, 3, 3, 1]);
    expect(results.every(({ received }) => received === 10)).toBe(true);
    expect(truth).toMatchObject({ created: 10, outcome: "succeeded", eventIds: expect.any(Array) });
    expect(truth.eventIds).toEqual((await readJournal(simulator)).map(({ id }) => id));
  });

  it("can mean the chunk by `received`", async () => {
    const simulator = await simulate({
      marketo: { chunkRecords: 4 },
      results: { received: "chunk", flushMs: 0 },
    });
    const requestId = await accepted(simulator, "/persons", tenPersons);
    await quiet(simulator);
    expect((await resultsOf(simulator, requestId)).map(({ received }) => received)).toEqual([4, 4, 2]);
  });

  it("groups the results of several requests in one event", async () => {
    const simulator = await simulate({ results: { flushMs: 10 * 60_000 } });
    const ids = await Promise.all(
      [0, 1, 2].map((index) => accepted(simulator, "/persons", { persons: persons(`${index}@x.example`) })),
    );
    await quiet(simulator);
    const events = await readJournal(simulator);
    expect(events).toHaveLength(1);
    expect(events[0]?.data.requests.map(({ requestId }) => requestId).sort()).toEqual(ids.sort());
  });

  it("reports permanent failures with their codes", async () => {
    const simulator = await simulate();
    const some = await accepted(simulator, "/persons", told({ fail: { "1003": 2, "1006": 1 } }));
    expect(await settled(simulator, some)).toMatchObject({
      created: 7,
      failed: { "1003": 2, "1006": 1 },
      outcome: "partially_failed",
    });
    const all = await accepted(simulator, "/persons", told({ fail: { "1006": 10 } }));
    expect(await settled(simulator, all)).toMatchObject({ failed: { "1006": 10 }, outcome: "failed" });
    expect((await resultsOf(simulator, all))[0]).toMatchObject({ failed: { "1006": 10 } });
  });

  it("lets a record carry its own directive", async () => {
    const simulator = await simulate();
    const body = {
      persons: [{ email: "a@x.example", _simulate: { fail: "1007" } }, { email: "b@x.example" }],
    };
    expect(await settled(simulator, await accepted(simulator, "/persons", body))).toMatchObject({
      created: 1,
      failed: { "1007": 1 },
    });
  });

  it("fails a person without its dedupe field as invalid data", async () => {
    const simulator = await simulate();
    const requestId = await accepted(simulator, "/persons", { persons: [{ firstName: "Nobody" }] });
    expect(await settled(simulator, requestId)).toMatchObject({ failed: { "1003": 1 } });
  });

  it("retries a transient failure in silence and then reports success only", async () => {
    const simulator = await simulate();
    const requestId = await accepted(simulator, "/persons", told({ transient: { share: 0.3, attempts: 2 } }));
    const truth = await settled(simulator, requestId);
    expect(truth).toMatchObject({ created: 10, failed: {}, superseded: {}, outcome: "succeeded" });
    const results = await resultsOf(simulator, requestId);
    expect(results.map(({ created, failed }) => [created, failed])).toEqual([
      [7, {}],
      [3, {}],
    ]);
    expect(Date.parse(results[1]?.at ?? "") - Date.parse(truth.acceptedAt)).toBeGreaterThanOrEqual(
      (35 * 60_000) / simulator.settings.speed,
    );
  });

  it("can report a transient failure and then, after the retry, success", async () => {
    const simulator = await simulate();
    const directive = { transient: { share: 0.2, code: "503", reported: true } };
    const requestId = await accepted(simulator, "/persons", told(directive));
    expect(await settled(simulator, requestId)).toMatchObject({
      created: 10,
      failed: {},
      superseded: { "503": 2 },
      outcome: "succeeded",
    });
    expect((await resultsOf(simulator, requestId)).map(({ created, failed }) => [created, failed])).toEqual([
      [8, { "503": 2 }],
      [2, {}],
    ]);
  });

  it.each([
    ["marketo-2023", 3, 65],
    ["marketo-2026", 6, 360],
  ] as const)(
    "gives a transient failure up after the last retry of %s",
    async (policy, retries, lastMinute) => {
      const simulator = await simulate({ policy, speed: 12_000 });
      const directive = { transient: { share: 0.1, code: "608", attempts: 99, reported: true } };
      const requestId = await accepted(simulator, "/persons", told(directive));
      const truth = await settled(simulator, requestId);
      expect(truth).toMatchObject({
        created: 9,
        failed: { "608": 1 },
        superseded: { "608": retries },
        outcome: "partially_failed",
      });
      const results = await resultsOf(simulator, requestId);
      expect(results).toHaveLength(retries + 1);
      expect(Date.parse(results.at(-1)?.at ?? "") - Date.parse(truth.acceptedAt)).toBeGreaterThanOrEqual(
        (lastMinute * 60_000) / simulator.settings.speed,
      );
    },
  );

  it("says nothing about records it loses", async () => {
    const simulator = await simulate();
    const requestId = await accepted(simulator, "/persons", told({ lose: 4 }));
    expect(await settled(simulator, requestId)).toMatchObject({ created: 6, lost: 4, outcome: "overdue" });
    expect(await resultsOf(simulator, requestId)).toMatchObject([{ received: 10, created: 6, failed: {} }]);
  });

  it("draws random failures from the seed: the same truth again", async () => {
    const outcomesOf = async (): Promise<unknown[]> => {
      const simulator = await simulate({ seed: 7, marketo: { failureRate: 0.2, transientRate: 0.2 } });
      for (let index = 0; index < 5; index++) await accepted(simulator, "/persons", tenPersons);
      await quiet(simulator);
      return simulator
        .truth()
        .map(({ requestId, failed, superseded }) => ({ requestId, failed, superseded }));
    };
    const first = await outcomesOf();
    expect(await outcomesOf()).toEqual(first);
    expect(JSON.stringify(first)).toMatch(/"10\d\d"/);
  });
});
