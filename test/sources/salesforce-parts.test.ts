import { describe, expect, it } from "vitest";
import { goneFact, jobFact, parseJob } from "../../src/sources/salesforce-job.ts";
import { askInterval, paceOf } from "../../src/sources/salesforce-pace.ts";
import { instanceOrigin } from "../../src/sources/salesforce-url.ts";

const ANSWER = {
  id: "7505a0000000001",
  operation: "upsert",
  object: "Orders",
  sourceName: "nightly",
  createdDate: "2026-11-22T02:00:00.000Z",
  systemModstamp: "2026-11-22T02:05:00.000Z",
  state: "InProgress",
  contentType: "CSV",
  apiVersion: "v1",
  retries: 1,
  totalProcessingTime: 0,
};
const CONTEXT = { instance: "t", t0: undefined, now: Date.parse("2026-11-22T03:00:00.000Z") };

describe("an answer about a bulk job", () => {
  it.each([
    ["as documented", ANSWER],
    ["with states for state", { ...ANSWER, state: undefined, states: "InProgress" }],
    ["in capitals", { ...ANSWER, state: "INPROGRESS" }],
    ["with an offset without a colon", { ...ANSWER, createdDate: "2026-11-22T03:00:00.000+0100" }],
    ["with times in milliseconds", { ...ANSWER, createdDate: Date.parse(ANSWER.createdDate) }],
    ["with retries as a text", { ...ANSWER, retries: "1" }],
    ["with fields that nobody knows", { ...ANSWER, internalStatus: { phase: 3 }, tags: null }],
  ])("is read %s", (_how, answer) => {
    expect(parseJob(answer)).toEqual({
      id: ANSWER.id,
      state: "InProgress",
      retries: 1,
      object: "Orders",
      sourceName: "nightly",
      operation: "upsert",
      createdAt: Date.parse(ANSWER.createdDate),
      changedAt: Date.parse(ANSWER.systemModstamp),
    });
  });

  it.each([[null], [[]], [{}], [{ ...ANSWER, id: 7 }], [{ ...ANSWER, state: "Paused" }]])(
    "is none without an id and a known state",
    (answer) => {
      expect(parseJob(answer)).toBeUndefined();
    },
  );

  it("becomes one fact however often it is read, and another one for another retry", () => {
    const fact = (over: object) => {
      const job = parseJob({ ...ANSWER, ...over });
      if (job === undefined) throw new Error("the answer is readable");
      return jobFact(job, CONTEXT);
    };
    expect(fact({})).toEqual(fact({ states: "InProgress" }));
    expect(fact({ retries: 2 }).factId).not.toBe(fact({}).factId);
    expect(fact({})).toMatchObject({
      at: Date.parse(ANSWER.systemModstamp),
      t0: Date.parse(ANSWER.createdDate),
    });
  });

  it("without times is dated by what else is known", () => {
    const job = parseJob({ id: "j", state: "Open" });
    if (job === undefined) throw new Error("the answer is readable");
    expect(jobFact(job, { ...CONTEXT, t0: 5 })).toMatchObject({ t0: 5, at: CONTEXT.now });
    expect(goneFact("j", { ...CONTEXT, t0: 5 })).toMatchObject({ jobState: "Gone", t0: 5, at: CONTEXT.now });
  });
});

describe("an instance_url", () => {
  it.each([
    ["tenant.c360a.salesforce.com", "https://tenant.c360a.salesforce.com"],
    ["https://o.my.salesforce.com/", "https://o.my.salesforce.com"],
  ])("of Salesforce is taken, with or without its scheme: %s", (told, origin) => {
    expect(instanceOrigin(told, false)).toBe(origin);
  });

  it("on loopback is taken from a login on loopback only", () => {
    expect(instanceOrigin("127.0.0.1:8203", true)).toBe("http://127.0.0.1:8203");
    expect(() => instanceOrigin("127.0.0.1:8203", false)).toThrow(/none of Salesforce's/);
  });

  it.each([
    "http://tenant.c360a.salesforce.com",
    "https://salesforce.com.evil.example",
    "https://evilsalesforce.com",
    "https://user:pw@tenant.salesforce.com",
    "tenant.salesforce.com@evil.example",
    "169.254.169.254",
    "file:///etc/passwd",
    "",
    undefined,
    7,
  ])("elsewhere is refused: %s", (told) => {
    expect(() => instanceOrigin(told, false)).toThrow(/none of Salesforce's/);
    expect(() => instanceOrigin(told, true)).toThrow(/none of Salesforce's/);
  });
});

describe("the pace of questions", () => {
  it("is fast for a young job, slow for an old one, and never past its bounds", () => {
    const pace = paceOf(1);
    const minutes = [0, 1, 5, 30, 600].map((n) => askInterval(pace, n * 60_000) / 1_000);
    expect(minutes).toEqual([10, 10, 30, 180, 300]);
  });

  it("follows a faster clock down to a floor", () => {
    expect(paceOf(60)).toMatchObject({ shortestMs: 200, longestMs: 5_000, refreshMs: 250 });
  });
});
