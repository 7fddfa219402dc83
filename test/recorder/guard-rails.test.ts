import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paced } from "../../src/recorder/guard-rails/paced.ts";
import { resubmitting } from "../../src/recorder/guard-rails/resubmitting.ts";
import { MARKETO_LIMITS, SALESFORCE_LIMITS, splitBody } from "../../src/recorder/guard-rails/split.ts";
import { withinQuota } from "../../src/recorder/guard-rails/within-quota.ts";
import type { Fetch } from "../../src/recorder/recorded-call.ts";
import { recordedFetch } from "../../src/recorder/recorder.ts";
import { openFakeService, openQuickRecorder, serve } from "./recorder-rig.ts";

const BASE = "https://mkto-ingestion-api.adobe.io/subscriptions/123-ABC-456";
const PERSONS = { method: "POST", body: '{"persons":[{"email":"a@b.c"},{"email":"d@e.f"}]}' };
const QUICK = { backoff: { baseMs: 1, capMs: 2 } };

/** Answers one after another, a reset where it is an Error; counts its calls. */
async function upstream(...answers: (Response | Error)[]) {
  const service = await openFakeService();
  const calls: string[] = [];
  const fetch: Fetch = async (_input, init) => {
    calls.push(String(new Headers(init?.headers).get("x-correlation-id")));
    const answer = answers.shift() ?? new Response(null, { status: 202 });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return {
    service,
    calls,
    send: recordedFetch(fetch, openQuickRecorder(service, { correlation: { job: "j" } })),
  };
}

describe("splitting", () => {
  it("keeps every record, in order, with the body's other members, within both limits", () => {
    const record = fc.record({
      email: fc.string({ maxLength: 60 }),
      note: fc.option(fc.string({ unit: "grapheme" })),
    });
    const limits = fc.record({
      maxRecords: fc.integer({ min: 1, max: 9 }),
      maxBytes: fc.integer({ min: 700, max: 2_000 }),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 60 }), limits, (persons, limit) => {
        const parts = splitBody({ priority: "high", persons, dedupeFields: { field1: "email" } }, limit);
        expect(parts.flatMap((part) => part["persons"])).toEqual(persons);
        for (const part of parts) {
          expect(part).toMatchObject({ priority: "high", dedupeFields: { field1: "email" } });
          expect((part["persons"] as unknown[]).length).toBeLessThanOrEqual(limit.maxRecords);
          expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThanOrEqual(limit.maxBytes);
        }
      }),
    );
  });

  it("leaves members with their program", () => {
    const members = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => ({ id: from + i }));
    const body = {
      programs: [
        { programId: 1, status: "In", members: members(3, 0) },
        { programId: 2, members: members(2, 3) },
      ],
    };
    expect(splitBody(body, { maxRecords: 2, maxBytes: 1_000 })).toEqual([
      { programs: [{ programId: 1, status: "In", members: members(2, 0) }] },
      {
        programs: [
          { programId: 1, status: "In", members: members(1, 2) },
          { programId: 2, members: members(1, 3) },
        ],
      },
      { programs: [{ programId: 2, members: members(1, 4) }] },
    ]);
  });

  it("cuts at what the upstreams document", () => {
    const persons = Array.from({ length: 2_001 }, (_, i) => ({ id: i }));
    expect(
      splitBody({ persons }, MARKETO_LIMITS).map((part) => (part["persons"] as unknown[]).length),
    ).toEqual([1_000, 1_000, 1]);
    const data = Array.from({ length: 300 }, () => ({ text: "x".repeat(1_000) }));
    expect(splitBody({ data }, SALESFORCE_LIMITS)).toHaveLength(2);
  });

  it("refuses a record that is too large by itself, and leaves alone what it does not know", () => {
    const tooLarge = { persons: [{ note: "x".repeat(1_000_000) }] };
    expect(() => splitBody(tooLarge)).toThrow(expect.objectContaining({ code: "RECORD_TOO_LARGE" }));
    expect(splitBody({ something: [1, 2] })).toEqual([{ something: [1, 2] }]);
  });
});

describe("resubmission", () => {
  it("sends 429, 5xx and unanswered calls again, each attempt recorded and chained to the one before", async () => {
    const busy = new Response(null, { status: 429, headers: { "retry-after": "0" } });
    const { service, calls, send } = await upstream(
      busy,
      new Error("reset"),
      new Response(null, { status: 503 }),
    );
    const response = await resubmitting(send, QUICK)(`${BASE}/persons`, PERSONS, { chunk: 3 });
    expect(response.status).toBe(202);
    await send.recorder.flush();
    expect(service.taken.map((one) => one.httpStatus)).toEqual([429, undefined, 503, 202]);
    const ids = service.taken.map((one) => one.submissionId);
    expect(service.taken.map((one) => one.previousSubmissionId)).toEqual([undefined, ...ids.slice(0, 3)]);
    expect(calls.map((id) => id.slice(0, 6))).toEqual(["j/3/1-", "j/3/2-", "j/3/3-", "j/3/4-"]);
  });

  it("gives the caller the last answer or error when all attempts are used up", async () => {
    const { send, calls } = await upstream(
      ...Array.from({ length: 4 }, () => new Response("late", { status: 500 })),
    );
    const answer = await resubmitting(send, { ...QUICK, attempts: 3 })(`${BASE}/persons`, PERSONS);
    expect([answer.status, await answer.text(), calls.length]).toEqual([500, "late", 3]);
    const error = new Error("reset");
    const failing = await upstream(error, error);
    await expect(
      resubmitting(failing.send, { ...QUICK, attempts: 2 })(`${BASE}/persons`, PERSONS),
    ).rejects.toBe(error);
  });

  it.each([
    ["a refused request", `${BASE}/persons`, PERSONS, new Response("{}", { status: 400 })],
    [
      "a daily quota that is used up",
      `${BASE}/persons`,
      PERSONS,
      new Response('{"error_code":"4290801"}', { status: 429 }),
    ],
    [
      "a stream, which can be sent once",
      `${BASE}/persons`,
      { method: "POST", body: new Blob(["{}"]).stream() },
      new Response(null, { status: 503 }),
    ],
    [
      "a bulk job that may have been created",
      "https://t.c360a.salesforce.com/api/v1/ingest/jobs",
      { method: "POST", body: "{}" },
      new Response(null, { status: 503 }),
    ],
  ])("does not repeat %s", async (_name, url, init, answer) => {
    const { send, calls } = await upstream(answer);
    expect(await resubmitting(send, QUICK)(url, init)).toBe(answer);
    expect(calls).toHaveLength(1);
  });

  it("ends with the caller's own signal", async () => {
    const { send, calls } = await upstream(new Error("reset"));
    const ending = new AbortController();
    const waiting = resubmitting(send, { backoff: { baseMs: 1e9, capMs: 1e9 } })(`${BASE}/persons`, {
      ...PERSONS,
      signal: ending.signal,
    });
    await new Promise((resolve) => setImmediate(resolve));
    ending.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(calls).toHaveLength(1);
  });
});

describe("pacing", () => {
  it("lets no more calls begin in a second than it may, however many come at once", async () => {
    const { send } = await upstream();
    const begun: number[] = [];
    const noted = Object.assign(
      (...args: Parameters<typeof send>) => {
        begun.push(performance.now());
        return send(...args);
      },
      { recorder: send.recorder },
    );
    const slow = paced(noted, { perSecond: 200 });
    await Promise.all(Array.from({ length: 120 }, () => slow(`${BASE}/persons`, PERSONS)));
    const first = begun[0] ?? 0;
    // 18 at once, then one every 5.6 ms: the last one after 0.57 s
    expect((begun.at(-1) ?? 0) - first).toBeGreaterThanOrEqual(450);
    expect(begun.filter((at) => at - first < 200).length).toBeLessThanOrEqual(65);
  });

  it("does not hold up who waits no longer", async () => {
    const { send, calls } = await upstream();
    const slow = paced(send, { perSecond: 0.001 });
    await slow(`${BASE}/persons`, PERSONS);
    const signal = AbortSignal.abort(new Error("gone"));
    await expect(slow(`${BASE}/persons`, { ...PERSONS, signal })).rejects.toThrow("gone");
    expect(calls).toHaveLength(1);
  });
});

describe("the stop before the quota", () => {
  const streamOf = (quota: () => number | null) =>
    serve((_request, response) => {
      response.end(JSON.stringify({ instances: [{ instance: "123-ABC-456", quota: quota() }] }));
    });

  it("sends while the quota lasts, then says that nothing was sent, and goes on when there is a new one", async () => {
    const { send, calls } = await upstream();
    let quota = 15;
    const url = await streamOf(() => quota);
    const guarded = withinQuota(send, { url, reserve: 10, refreshMs: 0 });
    await guarded(`${BASE}/persons`, PERSONS);
    await guarded(`${BASE}/persons`, PERSONS);
    await expect(guarded(`${BASE}/persons`, PERSONS)).rejects.toMatchObject({ code: "QUOTA_NEARLY_USED" });
    expect(calls).toHaveLength(2);
    quota = 1_000;
    expect((await guarded(`${BASE}/persons`, PERSONS)).status).toBe(202);
  });

  it.each([
    ["nothing is known of it", () => streamOf(() => null)],
    ["after202 does not answer", async () => "http://127.0.0.1:1"],
    ["something else answers", () => serve((_request, response) => response.end("<html>"))],
  ])("lets calls pass while %s", async (_name, open) => {
    const { send, calls } = await upstream();
    await withinQuota(send, { url: await open() })(`${BASE}/persons`, PERSONS);
    expect(calls).toHaveLength(1);
  });
});
