import { describe, expect, it } from "vitest";
import { SIMULATED } from "../../src/simulator/options.ts";
import { accepted, persons, readJournal, settled, simulate, submit } from "./client.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("the Data Ingestion API", () => {
  it("answers 202 with an empty body, a request id and the server's date", async () => {
    const simulator = await simulate();
    const response = await submit(simulator, "/persons", { persons: persons("a@x.example") });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe("");
    expect(response.headers.get("content-length")).toBe("0");
    expect(response.headers.get("x-request-id")).toBeTruthy();
    expect(Date.parse(response.headers.get("date") ?? "")).toBeGreaterThan(0);
  });

  it.each([
    ["/persons", "person", { persons: [{ email: "a@x.example" }] }],
    ["/customobjects/cars", "customObject", { customObjects: [{ vin: "1" }], dedupeBy: "dedupeFields" }],
    ["/companies", "company", { input: [{ company: "A" }], action: "createOrUpdate" }],
    [
      "/programmembers",
      "programMember",
      { programs: [{ programId: 1, status: "In", members: [{ leadId: 1 }] }] },
    ],
    ["/lists", "list", { listId: 1, leads: [{ id: 1 }] }],
  ])("takes %s and reports objects of type %s", async (path, objectType, body) => {
    const simulator = await simulate();
    const requestId = await accepted(simulator, path, body);
    expect(await settled(simulator, requestId)).toMatchObject({
      objectType,
      created: 1,
      outcome: "succeeded",
    });
    expect((await readJournal(simulator))[0]?.data.requests[0]).toMatchObject({ requestId, objectType });
  });

  it.each([
    ["/lists", "/lists/remove", { listId: 1, input: [{ id: 1 }] }],
    ["/programmembers", "/programmembers/delete", { input: [{ programId: 1, leadId: 1 }] }],
  ])("removes from %s what was put there, and fails for what was not", async (add, remove, body) => {
    const simulator = await simulate();
    await settled(simulator, await accepted(simulator, add, body));
    expect(await settled(simulator, await accepted(simulator, remove, body))).toMatchObject({ updated: 1 });
    expect(await settled(simulator, await accepted(simulator, remove, body))).toMatchObject({
      failed: { "1013": 1 },
      outcome: "failed",
    });
  });

  const good = { persons: persons("a@x.example") };
  const token = { "x-mkto-user-token": SIMULATED.userToken };
  it.each([
    ["a missing token", "/persons", good, { "x-mkto-user-token": "" }, 403, "403010"],
    ["a wrong token", "/persons", good, { "x-mkto-user-token": "no" }, 401, "401013"],
    ["a path that does not exist", "/people", good, token, 404, "404040"],
    ["a body that is no JSON", "/persons", "{", token, 400, "4000801"],
    ["a body that is no object", "/persons", "[]", token, 400, "4000801"],
    ["a missing array", "/persons", { input: [{}] }, token, 400, "4000802"],
    ["an empty array", "/persons", { persons: [] }, token, 400, "4000802"],
    ["records that are no objects", "/persons", { persons: ["a"] }, token, 400, "4000802"],
    ["an unknown priority", "/persons", { ...good, priority: "low" }, token, 400, "4000802"],
    [
      "1,001 objects",
      "/persons",
      { persons: Array.from({ length: 1_001 }, () => ({ email: "a" })) },
      token,
      400,
      "4000802",
    ],
    ["more than 1 MB", "/persons", { persons: [{ x: "y".repeat(1_048_576) }] }, token, 400, "4000801"],
    ["a long correlation id", "/persons", good, { "x-correlation-id": "c".repeat(256) }, 400, "4000801"],
    ["a long request source", "/persons", good, { "x-request-source": "s".repeat(51) }, 400, "4000801"],
  ])(
    "refuses %s, with a request id and the documented code",
    async (_what, path, body, headers, status, code) => {
      const simulator = await simulate();
      const response = await submit(simulator, path, body, headers);
      expect(response.status).toBe(status);
      expect(response.headers.get("x-request-id")).toMatch(/^[0-9A-Za-z-]{32,36}$/);
      expect(await response.json()).toEqual({ error_code: code, message: expect.any(String) });
    },
  );

  it("takes 1,000 objects and headers of just the greatest length", async () => {
    const simulator = await simulate();
    const body = { persons: Array.from({ length: 1_000 }, (_, index) => ({ email: `${index}@x.example` })) };
    const headers = { "x-correlation-id": "c".repeat(255), "x-request-source": "s".repeat(50) };
    expect((await submit(simulator, "/persons", body, headers)).status).toBe(202);
  });

  it("refuses an instance it does not serve", async () => {
    const simulator = await simulate({ marketo: { instances: ["999-XYZ-000"] } });
    const response = await submit(simulator, "/persons", good);
    expect([response.status, await response.json()]).toEqual([
      403,
      expect.objectContaining({ error_code: "4030801" }),
    ]);
  });

  it("counts all leads of all programs against the limit of objects", async () => {
    const simulator = await simulate();
    const program = {
      programId: 1,
      status: "In",
      members: Array.from({ length: 501 }, () => ({ leadId: 1 })),
    };
    const response = await submit(simulator, "/programmembers", { programs: [program, program] });
    expect(await response.json()).toMatchObject({ error_code: "4000802" });
  });

  it("refuses records beyond the daily quota, and only those", async () => {
    const simulator = await simulate({ speed: 1, marketo: { recordsPerDay: 3 } });
    const two = { persons: persons("a@x.example", "b@x.example") };
    expect((await submit(simulator, "/persons", two)).status).toBe(202);
    const refused = await submit(simulator, "/persons", two);
    expect([refused.status, await refused.json()]).toEqual([
      429,
      expect.objectContaining({ error_code: "4290801" }),
    ]);
    expect((await submit(simulator, "/persons", good)).status).toBe(202);
  });

  it("refuses requests beyond the rate with the gateway's code", async () => {
    const simulator = await simulate({ marketo: { requestsPerSecond: 5 } });
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => submit(simulator, "/persons", good)),
    );
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(await refused[0]?.json()).toMatchObject({ error_code: "429001" });
  });

  it("gives request ids in both documented forms, the same ones for the same seed", async () => {
    const idsOf = async (seed: number): Promise<string[]> => {
      const simulator = await simulate({ seed, marketo: { nonUuidRate: 0.5 } });
      const ids: string[] = [];
      for (let index = 0; index < 20; index++) ids.push(await accepted(simulator, "/persons", good));
      return ids;
    };
    const [first, second, other] = [await idsOf(1), await idsOf(1), await idsOf(2)];
    expect(first).toEqual(second);
    expect(first).not.toEqual(other);
    expect(first.some((id) => UUID.test(id))).toBe(true);
    expect(first.some((id) => /^[0-9A-Za-z]{32}$/.test(id))).toBe(true);
  });

  it("writes refused requests into the truth, too", async () => {
    const simulator = await simulate();
    const response = await submit(simulator, "/persons", {}, { "x-correlation-id": "job/1" });
    const truth = await settled(simulator, response.headers.get("x-request-id") ?? "");
    expect(truth).toMatchObject({ outcome: "rejected", httpStatus: 400, correlationId: "job/1" });
  });
});
