import { describe, expect, it } from "vitest";
import { startApi } from "./api-fixture.ts";
import { START } from "./facts.ts";

const HOUR = 3_600_000;
const point = (at: number, of: object = {}) => ({
  at,
  of,
  requests: 2,
  expected: 200,
  created: 150,
  updated: 40,
  outstanding: 0,
  failed: 10,
  superseded: 0,
  failedByCode: { "1003": 10 },
});

describe("GET /v1/stats", () => {
  it("counts a day by hours, from the roll-up, and says how far that is", async () => {
    const api = await startApi();
    api.store.report = { ...api.store.report, lastResultAt: START - 30_000 };
    api.store.points = [point(START - HOUR, { state: "partially_failed" })];
    await api.clock.advance(10 * 60_000);
    const { status, body } = await api.call("/v1/stats?by=state&instance=123-ABC-456");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      since: new Date(START - 24 * HOUR).toISOString(),
      until: new Date(START + HOUR).toISOString(),
      stepMs: HOUR,
      by: ["state"],
      countedUntil: new Date(START - 30_000).toISOString(),
      truncated: false,
    });
    expect(body.items).toEqual([
      {
        at: new Date(START - HOUR).toISOString(),
        of: { state: "partially_failed" },
        requests: 2,
        records: {
          expected: 200,
          created: 150,
          updated: 40,
          failed: { "1003": 10 },
          outstanding: 0,
          superseded: 0,
        },
      },
    ]);
    expect(api.store.asked).toMatchObject([{ from: "roll-up", query: { instance: "123-ABC-456" } }]);
  });

  it("counts short intervals by minutes, from the fold", async () => {
    const api = await startApi();
    const { body } = await api.call("/v1/stats?since=PT2H&step=PT5M&by=instance,objectType");
    expect(body).toMatchObject({ stepMs: 300_000, countedUntil: new Date(START).toISOString() });
    expect(api.store.asked).toMatchObject([
      { from: "fold", query: { stepMs: 300_000, since: START - 2 * HOUR, by: ["instance", "objectType"] } },
    ]);
    expect((await api.call("/v1/stats?since=PT3H")).body.stepMs).toBe(60_000);
  });

  it("says when nothing was ever counted, and when there is more than it gives", async () => {
    const api = await startApi();
    api.store.points = Array.from({ length: 20_001 }, (_, n) => point(START, { objectName: `o-${n}` }));
    const { body } = await api.call("/v1/stats?by=objectName");
    expect([body.countedUntil, body.truncated, body.items.length]).toEqual([null, true, 20_000]);
  });

  it.each([
    ["by", "by=color"],
    ["by", "by=state,state"],
    ["step", "step=PT90S"],
    ["step", "step=PT90M"],
    ["step", "step=PT5M"],
    ["step", "since=P365D"],
    ["step", "step=soon"],
    ["since", "since=PT0S"],
    ["since", "since=yesterday"],
  ])("names the field %s in %s as wrong", async (field, query) => {
    const api = await startApi();
    const { status, body } = await api.call(`/v1/stats?${query}`);
    expect([
      status,
      body.error.code,
      body.error.details.fields?.[0]?.field ?? body.error.details[0]?.field,
    ]).toEqual([400, "INPUT_INVALID", field]);
  });
});
