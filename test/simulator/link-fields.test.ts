import { describe, expect, it } from "vitest";
import { withDirective } from "../../src/simulator/directives.ts";
import { accepted, FAST, persons, resultsOf, settled, simulate, until } from "./client.ts";

const MINUTE_MS = 60_000 / FAST.speed;
const purchase = (email: string): object => ({ customObjects: [{ email, orderId: "1" }] });

describe("custom objects whose person is missing", () => {
  it.each(["marketo-2023", "marketo-2026"] as const)(
    "are reported with 1004 when the window closes under %s, not before and not at a later retry",
    async (policy) => {
      const simulator = await simulate({ policy });
      const requestId = await accepted(simulator, "/customobjects/purchases", purchase("nobody@x.example"));
      const truth = await settled(simulator, requestId);
      expect(truth).toMatchObject({
        linkBearing: true,
        failed: { "1004": 1 },
        lost: 0,
        outcome: "exhausted",
      });
      const results = await resultsOf(simulator, requestId);
      expect(results).toMatchObject([{ failed: { "1004": 1 } }]);
      const minutes = (Date.parse(results[0]?.at ?? "") - Date.parse(truth.acceptedAt)) / MINUTE_MS;
      expect(minutes).toBeGreaterThanOrEqual(65);
      expect(minutes).toBeLessThan(150);
    },
  );

  it("are given up without any event in the silent mode", async () => {
    const simulator = await simulate({ marketo: { linkFailure: "silent" } });
    const requestId = await accepted(simulator, "/customobjects/purchases", purchase("nobody@x.example"));
    expect(await settled(simulator, requestId)).toMatchObject({ failed: {}, lost: 1, outcome: "exhausted" });
    expect(await resultsOf(simulator, requestId)).toEqual([]);
  });

  it("can be reported at the first attempt, too, which the end then supersedes", async () => {
    const simulator = await simulate();
    const body = withDirective(purchase("nobody@x.example"), { linkEarly: true });
    const requestId = await accepted(simulator, "/customobjects/purchases", body);
    expect(await settled(simulator, requestId)).toMatchObject({
      failed: { "1004": 1 },
      superseded: { "1004": 1 },
      outcome: "exhausted",
    });
    expect(await resultsOf(simulator, requestId)).toHaveLength(2);
  });

  it.each(["marketo-2023", "marketo-2026"] as const)(
    "succeed under %s if the person is added within the window",
    async (policy) => {
      const simulator = await simulate({ policy });
      const requestId = await accepted(simulator, "/customobjects/purchases", purchase("late@x.example"));
      const acceptedAt = Date.now();
      await until(() => Date.now() - acceptedAt > 8 * MINUTE_MS);
      await accepted(simulator, "/persons", { persons: persons("late@x.example") });
      const truth = await settled(simulator, requestId);
      expect(truth).toMatchObject({ created: 1, failed: {}, outcome: "succeeded" });
      expect(Date.parse(truth.settledAt ?? "") - acceptedAt).toBeGreaterThan(8 * MINUTE_MS);
    },
  );

  it("stay failed if the person is added after the window", async () => {
    const simulator = await simulate({ policy: "marketo-2026" });
    const requestId = await accepted(simulator, "/customobjects/purchases", purchase("late@x.example"));
    await until(() => simulator.truth()[0]?.outcome === "exhausted");
    await accepted(simulator, "/persons", { persons: persons("late@x.example") });
    expect(await settled(simulator, requestId)).toMatchObject({ created: 0, failed: { "1004": 1 } });
  });

  it("do not keep the other records of their request from succeeding at once", async () => {
    const simulator = await simulate();
    await settled(simulator, await accepted(simulator, "/persons", { persons: persons("here@x.example") }));
    const body = {
      customObjects: [
        { email: "here@x.example", orderId: "1" },
        { email: "nobody@x.example", orderId: "2" },
      ],
    };
    const requestId = await accepted(simulator, "/customobjects/purchases", body);
    expect(await settled(simulator, requestId)).toMatchObject({ created: 1, failed: { "1004": 1 } });
    expect((await resultsOf(simulator, requestId)).map(({ created }) => created)).toEqual([1, 0]);
  });

  it("fail at once with 1007 if several persons match", async () => {
    const simulator = await simulate();
    const dedupeFields = { field1: "email", field2: "firstName" };
    const twins = ["Ann", "Bob"].map((firstName) => ({ email: "both@x.example", firstName }));
    await settled(simulator, await accepted(simulator, "/persons", { dedupeFields, persons: twins }));
    const requestId = await accepted(simulator, "/customobjects/purchases", purchase("both@x.example"));
    expect(await settled(simulator, requestId)).toMatchObject({ failed: { "1007": 1 }, outcome: "failed" });
  });

  it("need no person if they carry no link value", async () => {
    const simulator = await simulate();
    const requestId = await accepted(simulator, "/customobjects/purchases", {
      customObjects: [{ orderId: "1" }],
    });
    expect(await settled(simulator, requestId)).toMatchObject({ linkBearing: false, outcome: "succeeded" });
  });

  it("are linked by the configured field of their object", async () => {
    const customObjects = { visits: { linkField: "crmId", dedupeFields: ["visitId"] } };
    const simulator = await simulate({ marketo: { customObjects } });
    const person = { persons: [{ email: "a@x.example", crmId: 77 }] };
    await settled(simulator, await accepted(simulator, "/persons", person));
    const visit = { customObjects: [{ crmId: 77, visitId: 1 }] };
    const requestId = await accepted(simulator, "/customobjects/visits", visit);
    expect(await settled(simulator, requestId)).toMatchObject({ created: 1, linkBearing: true });
  });
});
