import { describe, expect, it } from "vitest";
import type { Fact, ResultFact } from "../../src/core/fact.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { foldLifecycle, type Lifecycle } from "../../src/core/lifecycle.ts";
import { lifecycleJson } from "../../src/core/lifecycle-json.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import type { RetryPolicyName } from "../../src/core/retry-policy.ts";
import { submissionFact, type SubmissionInput } from "../../src/core/submission.ts";
import { requestEntry, resultsEvent, T0 } from "./events.ts";
import { counts } from "../counts.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

const START = Date.parse(T0);
const MINUTE = 60_000;

function submitted(changes: Partial<SubmissionInput> = {}): Fact {
  return submissionFact({
    submissionId: "s1",
    requestId: "r1",
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "customObject",
    objectName: "purchases",
    operation: "upsert",
    records: 100,
    submittedAt: T0,
    httpStatus: 202,
    ...changes,
  });
}

let events = 0;
function result(minutes: number, records: Record<string, unknown>): ResultFact {
  const time = new Date(START + minutes * MINUTE).toISOString();
  const [fact] = decodeEvent(resultsEvent(`e${++events}`, [requestEntry("r1", { records })], time)).facts;
  if (fact === undefined) throw new Error("the test's own event does not decode");
  return fact;
}

interface Seen {
  readonly lagMs?: number;
  readonly policy?: RetryPolicyName;
}

function at(minutes: number, facts: readonly Fact[], seen: Seen = {}): Lifecycle {
  const settings = lifecycleSettings(seen.policy === undefined ? {} : { policy: seen.policy });
  const now = START + minutes * MINUTE;
  return foldLifecycle(facts, { now, settingsFor: () => settings, lagMsFor: () => seen.lagMs ?? 0 });
}

describe("a request without a link field", () => {
  it("is accepted, then retrying from the first retry on, then overdue at the deadline", () => {
    const facts = [submitted()];
    expect([0, 4.9, 5, 69.9, 70].map((minute) => at(minute, facts).state)).toEqual([
      "accepted",
      "accepted",
      "retrying",
      "retrying",
      "overdue",
    ]);
    expect(at(70, facts)).toMatchObject({ evidence: "inferred", settledAt: START + 70 * MINUTE });
  });

  it("waits longer while the stream reports a backlog", () => {
    expect(at(72, [submitted()], { lagMs: 3 * MINUTE }).state).toBe("retrying");
    expect(at(73, [submitted()], { lagMs: 3 * MINUTE }).state).toBe("overdue");
  });

  it("waits for the last retry of the policy that holds", () => {
    expect(at(300, [submitted()], { policy: "marketo-2026" }).state).toBe("retrying");
    expect(at(365, [submitted()], { policy: "marketo-2026" }).state).toBe("overdue");
  });

  it("is settled by a result that comes after it was given up", () => {
    const facts = [submitted(), result(90, { received: 100, created: 100 })];
    expect(at(91, facts)).toMatchObject({ state: "succeeded", evidence: "observed" });
  });
});

describe("a request with a link field", () => {
  const linked = submitted({ linkField: "email" });

  it("is exhausted by inference when silence lasts to the deadline", () => {
    const facts = [linked, result(1, { received: 100, created: 88 })];
    expect(at(69, facts)).toMatchObject({ state: "retrying", evidence: "inferred" });
    expect(at(70, facts)).toMatchObject({ state: "exhausted", evidence: "inferred" });
    expect(at(70, facts).tally.outstanding).toBe(12);
  });

  it("waits while link failures are reported and the window is open, and is then exhausted as observed", () => {
    const facts = [linked, result(1, { received: 100, created: 88, failed: { "1004": 12 } })];
    expect(at(2, facts)).toMatchObject({ state: "retrying" });
    expect(at(64.9, facts).state).toBe("retrying");
    expect(at(65, facts)).toMatchObject({ state: "exhausted", evidence: "observed" });
  });

  it("takes link failures of earlier attempts back when the records succeed later", () => {
    const facts = [
      linked,
      result(1, { received: 100, created: 88, failed: { "1004": 12 } }),
      result(36, { received: 100, created: 12 }),
    ];
    const folded = at(40, facts);
    expect(folded.state).toBe("succeeded");
    expect(folded.tally).toMatchObject({
      superseded: counts({ "1004": 12 }),
      failed: NO_COUNTS,
      outstanding: 0,
    });
  });
});

describe("failures", () => {
  it("are final unless what follows shows otherwise", () => {
    const first = [submitted(), result(1, { received: 100, created: 95, failed: { "503": 5 } })];
    expect(at(2, first).state).toBe("partially_failed");
    expect(at(7, [...first, result(6, { received: 100, created: 5 })]).state).toBe("succeeded");
  });

  it("that cannot be retried are never taken back: what is too much is an anomaly", () => {
    const facts = [
      submitted(),
      result(1, { received: 100, created: 95, failed: { "1003": 5 } }),
      result(6, { received: 100, created: 5 }),
    ];
    const folded = at(7, facts);
    expect(folded.tally).toMatchObject({ failed: counts({ "1003": 5 }), excess: 5 });
    expect(folded.anomalies).toContain("accounted_exceeds_expected");
  });

  it("of all records make a request failed", () => {
    expect(at(2, [submitted(), result(1, { received: 100, failed: { "1003": 100 } })]).state).toBe("failed");
  });
});

describe("without a submission", () => {
  it("expects the largest received, when it is the request's", () => {
    const facts = [result(1, { received: 100, created: 40 }), result(2, { received: 100, created: 60 })];
    expect(at(3, facts)).toMatchObject({ state: "succeeded", tally: { expected: 100 } });
  });

  it("expects their sum, when each accounts for its own completely", () => {
    const facts = [
      result(1, { received: 40, created: 40 }),
      result(2, { received: 60, created: 59, failed: { "1003": 1 } }),
    ];
    expect(at(3, facts)).toMatchObject({ state: "partially_failed", tally: { expected: 100 } });
  });
});

describe("the answer of the submitting side", () => {
  it("without a response is unconfirmed, with another than 202 rejected", () => {
    expect(at(1, [submissionFact({ ...base(), submissionId: "s1" })]).state).toBe("unconfirmed");
    expect(at(1, [submitted({ httpStatus: 429, errorCode: "429001" })])).toMatchObject({ state: "rejected" });
    expect(at(1, [submitted({ httpStatus: 200 })]).state).toBe("rejected");
  });

  it("is outweighed by the stream: a result after a rejection is an anomaly", () => {
    const folded = at(2, [submitted({ httpStatus: 500 }), result(1, { received: 100, created: 100 })]);
    expect(folded).toMatchObject({ state: "succeeded", anomalies: ["result_after_rejection"] });
  });

  function base(): Omit<SubmissionInput, "submissionId"> {
    return {
      target: "marketo",
      instance: "i",
      objectType: "person",
      operation: "upsert",
      records: 1,
      submittedAt: T0,
    };
  }
});

describe("the timeline", () => {
  it("tells what happened in its order, and what was only inferred", () => {
    const facts = [
      submitted({ linkField: "email", respondedAt: "2026-11-22T12:00:00.120Z" }),
      result(1, { received: 100, created: 88, failed: { "1004": 12 } }),
      result(36, { received: 100, created: 7 }),
    ];
    const told = lifecycleJson(at(66, facts), START + 66 * MINUTE).timeline;
    expect(told.map((entry) => [entry.type, entry.evidence, entry.attempt])).toEqual([
      ["submitted", "observed", undefined],
      ["accepted", "observed", undefined],
      ["result", "observed", 0],
      ["retry", "inferred", 1],
      ["retry", "observed", 2],
      ["result", "observed", 2],
      ["retry", "inferred", 3],
      ["window_closed", "inferred", undefined],
      ["settled", "observed", undefined],
    ]);
    expect(told[2]).toMatchObject({ superseded: { "1004": 7 } });
  });
});

describe("a submission that tells less than it could", () => {
  it("counts as accepted where a request id came back without a status, and as unanswered with an error", () => {
    const base = { submissionId: "s1", requestId: "r1", target: "marketo", instance: "i" } as const;
    const rest = { objectType: "person", operation: "upsert", records: 1, submittedAt: T0 };
    expect(at(1, [submissionFact({ ...base, ...rest })]).state).toBe("accepted");
    expect(at(1, [submissionFact({ ...base, ...rest, errorCode: "ECONNRESET" })]).state).toBe("unconfirmed");
  });
});
