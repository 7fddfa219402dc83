/** Alerts, taking them on, silences and trying the hooks, over real sockets. */
import { describe, expect, it } from "vitest";
import { alertOf, createMemoryDesk } from "./alert-desk.ts";
import { startApi } from "./api-fixture.ts";
import { START } from "./facts.ts";

const HOUR_MS = 3_600_000;
const text = (at: number): string => new Date(at).toISOString();

describe("GET /v1/alerts", () => {
  it("lists newest first, page by page, by every filter, with the contract's fields", async () => {
    const alerts = createMemoryDesk(
      alertOf(1),
      alertOf(2, { status: "recovered", endsAt: START + HOUR_MS }),
      alertOf(3, { rule: "request-overdue", acknowledgedAt: START, acknowledgedBy: "ana" }),
      alertOf(4, { group: { instance: "other", objectName: "visits", source: "" } }),
    );
    const { call } = await startApi({ alerts });
    const first = (await call("/v1/alerts?limit=3")).body;
    const second = (await call(`/v1/alerts?limit=3&cursor=${first.nextCursor}`)).body;
    const ids = [...first.items, ...second.items].map((one: { id: string }) => one.id);
    expect([ids, second.nextCursor]).toEqual([["a4", "a3", "a2", "a1"], null]);
    expect(first.items[1]).toEqual({
      id: "a3",
      type: "request-overdue",
      status: "firing",
      severity: "critical",
      evidence: "inferred",
      startsAt: text(START + 3),
      endsAt: null,
      group: { instance: "123-ABC-456", objectName: "purchases" },
      summary: "summary of a3",
      requests: { count: 3, sample: ["r1"] },
      records: { outstanding: 12, failed: { "1004": 7 } },
      links: { self: "/v1/alerts/a3", page: "/#/alerts/a3" },
      reason: "no result until the deadline",
      acknowledgedAt: text(START),
      acknowledgedBy: "ana",
      silencedBy: null,
    });
    const count = async (query: string): Promise<number> =>
      (await call(`/v1/alerts?${query}`)).body.items.length;
    expect(await count("status=recovered")).toBe(1);
    expect(await count("rule=request-overdue&status=firing")).toBe(1);
    expect(await count("instance=other&objectName=visits")).toBe(1);
    expect(await count("objectName=none")).toBe(0);
  });

  it("refuses a cursor of other filters, and filters that there are not", async () => {
    const { call } = await startApi({ alerts: createMemoryDesk(alertOf(1), alertOf(2)) });
    const { nextCursor } = (await call("/v1/alerts?limit=1")).body;
    const codes = [];
    for (const query of [`status=firing&cursor=${nextCursor}`, "status=gone", "rule=mine", "state=firing"]) {
      codes.push((await call(`/v1/alerts?${query}`)).body.error.code);
    }
    expect(codes).toEqual(["CURSOR_INVALID", "INPUT_INVALID", "INPUT_INVALID", "INPUT_INVALID"]);
  });
});

describe("GET /v1/alerts/{alertId}", () => {
  it("tells its history with reasons, and who was told, without what they were told", async () => {
    const alerts = createMemoryDesk(alertOf(1), alertOf(2));
    alerts.history.push({ alertId: "a1", at: START, what: "firing", reason: "no result" });
    const common = { alertId: "a1", hook: "slack", payload: '{"secret":1}', createdAt: START };
    alerts.deliveries.push(
      {
        ...common,
        deliveryId: "d1",
        status: "pending",
        attempts: 2,
        nextAt: START + 5,
        lastError: "503",
        changedAt: START + 1,
      },
      {
        ...common,
        deliveryId: "d2",
        status: "delivered",
        attempts: 1,
        nextAt: START,
        lastError: "",
        changedAt: START + 2,
      },
    );
    const { call } = await startApi({ alerts });
    const { body, text: whole } = await call("/v1/alerts/a1");
    expect(body.history).toEqual([{ at: text(START), what: "firing", reason: "no result" }]);
    expect(body.deliveries).toEqual([
      {
        deliveryId: "d1",
        hook: "slack",
        status: "pending",
        attempts: 2,
        createdAt: text(START),
        nextAt: text(START + 5),
        changedAt: text(START + 1),
        lastError: "503",
      },
      expect.objectContaining({ deliveryId: "d2", status: "delivered", nextAt: null }),
    ]);
    expect(whole).not.toContain("secret");
    expect(await call("/v1/alerts/none")).toMatchObject({
      status: 404,
      body: { error: { code: "ALERT_UNKNOWN" } },
    });
  });
});

describe("POST /v1/alerts/{alertId}/acknowledge", () => {
  it("takes it on, in somebody's name", async () => {
    const alerts = createMemoryDesk(alertOf(1));
    const { post } = await startApi({ alerts });
    const { status, body } = await post("/v1/alerts/a1/acknowledge", { by: "ana", comment: "on it" });
    expect([status, body.acknowledgedBy, body.acknowledgedAt]).toEqual([200, "ana", text(START)]);
    expect(alerts.history).toMatchObject([{ what: "acknowledged", reason: "ana: on it" }]);
  });

  it("refuses an unknown alert, nobody's name, no body and a key without the scope admin", async () => {
    const { post, key } = await startApi({ alerts: createMemoryDesk(alertOf(1)) });
    const code = async (...call: Parameters<typeof post>) => (await post(...call)).body.error.code;
    expect(await code("/v1/alerts/none/acknowledge", { by: "ana" })).toBe("ALERT_UNKNOWN");
    expect(await code("/v1/alerts/a1/acknowledge", {})).toBe("INPUT_INVALID");
    expect(await code("/v1/alerts/a1/acknowledge", "")).toBe("INPUT_UNREADABLE");
    const authorization = `Bearer ${await key("read", "submit")}`;
    expect(await code("/v1/alerts/a1/acknowledge", { by: "ana" }, { authorization })).toBe("SCOPE_MISSING");
  });
});

describe("silences", () => {
  const order = { matchers: [{ label: "instance", value: "123-ABC-456" }], until: "2h", by: "ana" };

  it("hold for their time, and alerts say which one keeps them quiet", async () => {
    const alerts = createMemoryDesk(alertOf(1), alertOf(2, { status: "resolved", endsAt: START }));
    const { call, post, clock } = await startApi({ alerts });
    const { status, body } = await post("/v1/silences", order);
    expect([status, body]).toEqual([
      201,
      {
        silenceId: expect.any(String),
        matchers: [{ label: "instance", match: "=", value: "123-ABC-456" }],
        startsAt: text(START),
        until: text(START + 2 * HOUR_MS),
        createdBy: "ana",
        comment: "",
      },
    ]);
    expect((await call("/v1/silences")).body.items).toEqual([body]);
    const silencedBy = async () =>
      (await call("/v1/alerts")).body.items.map((one: { silencedBy: string | null }) => one.silencedBy);
    expect(await silencedBy()).toEqual([null, body.silenceId]);
    await clock.advance(2 * HOUR_MS);
    expect(await silencedBy()).toEqual([null, null]);
    expect((await call("/v1/silences")).body.items).toEqual([]);
  });

  it("may begin later, and end at a time", async () => {
    const { post } = await startApi({ alerts: createMemoryDesk() });
    const startsAt = text(START + HOUR_MS);
    const timed = await post("/v1/silences", { ...order, startsAt, until: text(START + 2 * HOUR_MS) });
    expect(timed.body).toMatchObject({ startsAt, until: text(START + 2 * HOUR_MS) });
    expect((await post("/v1/silences", { ...order, startsAt, until: "PT30M" })).body).toMatchObject({
      until: text(START + 1.5 * HOUR_MS),
    });
  });

  it("end when told to, by either path, once", async () => {
    const { call, post } = await startApi({ alerts: createMemoryDesk() });
    for (const path of [
      (id: string) => `/v1/silences/${id}`,
      (id: string) => `/v1/silences?silenceId=${id}`,
    ]) {
      const { silenceId } = (await post("/v1/silences", order)).body;
      const end = () => call(path(silenceId), { method: "DELETE" });
      expect(await end()).toMatchObject({ status: 200, body: { silenceId, until: text(START) } });
      expect(await end()).toMatchObject({ status: 404, body: { error: { code: "SILENCE_UNKNOWN" } } });
    }
  });

  it.each([
    { ...order, matchers: [] },
    { ...order, matchers: [{ label: "colour", value: "red" }] },
    { ...order, matchers: [{ label: "rule", value: "x", match: "~" }] },
    { ...order, until: "soon" },
    { ...order, until: "0s" },
    { ...order, until: "999999d" },
    { ...order, until: text(START) },
    { ...order, startsAt: "tomorrow" },
    { ...order, owner: "ana" },
  ])("refuses what would silence nothing, everything or for ever: %j", async (body) => {
    const alerts = createMemoryDesk();
    const { post } = await startApi({ alerts });
    expect((await post("/v1/silences", body)).body.error.code).toBe("INPUT_INVALID");
    expect(alerts.silences).toEqual([]);
  });

  it("are made and ended by admins alone", async () => {
    const { call, post, key } = await startApi({ alerts: createMemoryDesk() });
    const headers = { authorization: `Bearer ${await key("read")}` };
    expect((await call("/v1/silences", { headers })).status).toBe(200);
    expect((await post("/v1/silences", order, headers)).status).toBe(403);
    expect((await call("/v1/silences/x", { method: "DELETE", headers })).status).toBe(403);
  });
});

describe("POST /v1/alerts/test", () => {
  it("tries every hook, or one, and says what became of each", async () => {
    const { call, post } = await startApi({ alerts: createMemoryDesk() });
    expect((await call("/v1/alerts/test", { method: "POST" })).body.hooks).toHaveLength(2);
    expect((await post("/v1/alerts/test", { hook: "slack" })).body).toEqual({
      hooks: [{ hook: "slack", outcome: "failed", reason: "answered 503" }],
    });
    expect(await post("/v1/alerts/test", { hook: "none" })).toMatchObject({
      status: 404,
      body: { error: { code: "HOOK_UNKNOWN" } },
    });
  });
});
