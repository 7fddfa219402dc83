/** Reading journals again: asked for over the API, and what is told of it. */
import { describe, expect, it } from "vitest";
import { repairRun } from "../core/repair-runs.ts";
import { startApi } from "./api-fixture.ts";
import { START } from "./facts.ts";

const HOUR_MS = 3_600_000;

describe("POST /v1/stream/backfill", () => {
  it("begins from then on, and tells how far it has come", async () => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/stream/backfill", { since: "PT6H" });
    expect(status).toBe(202);
    expect(body.items).toMatchObject([
      { source: "journal", state: "running", reason: "asked", from: "2026-11-21T20:00:00.000Z" },
    ]);
    const { repairId } = body.items[0];
    api.store.repairs = [
      repairRun({ repairId, pages: 2, events: 9, fresh: 1, duplicate: 8, reachedAt: START }),
    ];
    expect((await api.call(`/v1/stream/repairs/${repairId}`)).body).toMatchObject({
      pages: 2,
      events: 9,
      new: 1,
      duplicate: 8,
      reachedAt: "2026-11-22T02:00:00.000Z",
      fault: null,
    });
    expect((await api.call("/v1/stream")).body.repairs).toMatchObject([{ repairId }]);
  });

  it.each([
    {},
    { since: "yesterday" },
    { since: "P8D" },
    { since: "2099-01-01T00:00:00Z" },
    { since: "PT1H", x: 1 },
  ])("refuses %j", async (order) => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/stream/backfill", order);
    expect([status, body.error.code, api.store.repairs]).toEqual([400, "INPUT_INVALID", []]);
  });

  it("is for admins, and for journals that there are", async () => {
    const api = await startApi();
    const headers = { authorization: `Bearer ${await api.key("read", "submit")}` };
    const refused = await api.post("/v1/stream/backfill", { since: "PT1H" }, headers);
    expect(refused.body.error.code).toBe("SCOPE_MISSING");
    const unknown = await api.post("/v1/stream/backfill", { since: "PT1H", source: "emea" });
    expect([unknown.status, unknown.body.error.code]).toEqual([404, "JOURNAL_UNKNOWN"]);
    expect((await api.call("/v1/stream/repairs/r-9")).body.error.code).toBe("REPAIR_UNKNOWN");
  });
});

it("GET /v1/stream tells what was read, and of each gap what became of it", async () => {
  const api = await startApi();
  const covered = { source: "j", by: "repair", readAt: START } as const;
  const gap = { source: "j", reason: "position_expired" } as const;
  api.store.report = {
    ...api.store.report,
    gaps: [
      { ...gap, from: START - 5 * HOUR_MS, until: START - HOUR_MS },
      { ...gap, from: START - 9 * HOUR_MS, until: START - 8 * HOUR_MS },
      { ...gap, from: START - 200 * HOUR_MS, until: START - 190 * HOUR_MS },
    ],
    covered: [
      { ...covered, from: START - 6 * HOUR_MS, until: START - 2 * HOUR_MS },
      { ...covered, from: START - 9 * HOUR_MS, until: START - 7 * HOUR_MS },
      { ...covered, from: START - 7 * HOUR_MS, until: START - 6 * HOUR_MS },
    ],
  };
  const { body } = await api.call("/v1/stream");
  expect(body.coverage).toEqual([
    { source: "j", intervals: [{ from: "2026-11-21T17:00:00.000Z", until: "2026-11-22T00:00:00.000Z" }] },
  ]);
  expect(body.gaps).toMatchObject([
    { state: "open", rest: [{ from: "2026-11-22T00:00:00.000Z", until: "2026-11-22T01:00:00.000Z" }] },
    { state: "repaired", rest: [], repairedAt: "2026-11-22T02:00:00.000Z", repairedBy: "repair" },
    { state: "beyond_repair", repairedAt: null, repairedBy: null },
  ]);
});
