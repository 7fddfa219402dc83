import { describe, expect, it } from "vitest";
import { evaluateRequest } from "../../src/alerts/evaluation.ts";
import type { RequestView } from "../../src/alerts/rule.ts";
import { withSettings } from "../../src/alerts/rule-settings.ts";
import { REQUEST_RULES } from "../../src/alerts/rules/request-rules.ts";
import { DEFAULT_THRESHOLDS } from "../../src/alerts/thresholds.ts";
import type { AlertMember } from "../../src/core/alert-ports.ts";
import type { Fact, JobFact } from "../../src/core/fact.ts";
import { foldLifecycle, type Lifecycle } from "../../src/core/lifecycle.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { submissionFact, type SubmissionInput } from "../../src/core/submission.ts";
import { requestEntry, resultsEvent, T0 } from "../core/events.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

const START = Date.parse(T0);
const MINUTE = 60_000;
const settings = lifecycleSettings();

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
    correlationId: "nightly/1",
    ...changes,
  });
}

function result(minutes: number, records: Record<string, unknown>): Fact[] {
  const time = new Date(START + minutes * MINUTE).toISOString();
  return [...decodeEvent(resultsEvent(`e${minutes}`, [requestEntry("r1", { records })], time)).facts];
}

function at(minutes: number, facts: readonly Fact[]): { one: Lifecycle; view: RequestView } {
  const now = START + minutes * MINUTE;
  const one = foldLifecycle(facts, { now, settingsFor: () => settings, lagMsFor: () => 0 });
  return { one, view: { now, settings, thresholds: DEFAULT_THRESHOLDS } };
}

function firing(minutes: number, facts: readonly Fact[], inGap = false): string[] {
  const { one, view } = at(minutes, facts);
  const { changes } = evaluateRequest(one, REQUEST_RULES, new Map(), view, inGap);
  return changes.map((change) => `${change.rule.name} ${change.evidence}`);
}

const linked = submitted({ linkField: "email" });
const partly = result(1, { received: 100, created: 88 });
const reported = result(1, { received: 100, created: 88, failed: { "1004": 12 } });

describe("a request with a link field", () => {
  it("is at risk from 15 minutes before the last retry on, until the window closes", () => {
    expect([49.9, 50, 64.9].map((minute) => firing(minute, [linked, ...partly]))).toEqual([
      [],
      ["link-retry-at-risk inferred"],
      ["link-retry-at-risk inferred"],
    ]);
    expect(firing(50, [linked, ...reported])).toEqual(["link-retry-at-risk observed"]);
  });

  it("is exhausted by inference at the deadline, not within grace", () => {
    expect(firing(69.9, [linked, ...partly])).toEqual(["link-retry-at-risk inferred"]);
    expect(firing(70, [linked, ...partly])).toEqual(["link-retry-exhausted inferred"]);
  });

  it("is exhausted as observed at once when the link code comes after the window closed", () => {
    const late = result(65.1, { received: 100, failed: { "1004": 12 } });
    expect(firing(65.2, [linked, ...partly, ...late])).toEqual(["link-retry-exhausted observed"]);
  });

  it("with an early link code has grace for the result of its last retry", () => {
    expect(firing(66, [linked, ...reported])).toEqual([]);
    expect(firing(70, [linked, ...reported])).toEqual(["link-retry-exhausted observed"]);
    expect(firing(70, [linked, ...reported, ...result(67, { received: 100, created: 12 })])).toEqual([]);
  });

  it("raises nothing that is inferred while a gap lies over its time, but says that it is held back", () => {
    const { one, view } = at(70, [linked, ...partly]);
    const { changes, held } = evaluateRequest(one, REQUEST_RULES, new Map(), view, true);
    expect(changes).toEqual([]);
    expect(held.map(({ rule }) => rule)).toEqual(["link-retry-exhausted"]);
    expect(firing(70, [linked, ...reported], true)).toEqual(["link-retry-exhausted observed"]);
  });
});

describe("other requests", () => {
  it("are overdue at the deadline, rejected at the answer, unconfirmed after ten minutes", () => {
    expect(firing(70, [submitted()])).toEqual(["request-overdue inferred"]);
    expect(firing(1, [submitted({ httpStatus: 429, errorCode: "429001" })])).toEqual([
      "request-rejected observed",
    ]);
    const silent = submissionFact({
      submissionId: "s9",
      target: "marketo",
      instance: "i",
      objectType: "person",
      operation: "upsert",
      records: 1,
      submittedAt: T0,
    });
    expect(firing(9.9, [silent])).toEqual([]);
    expect(firing(10, [silent])).toEqual(["unconfirmed-submission inferred"]);
  });

  it("raise nothing when they succeed", () => {
    expect(
      [2, 50, 70, 400].flatMap((minute) =>
        firing(minute, [linked, ...result(1, { received: 100, created: 100 })]),
      ),
    ).toEqual([]);
  });

  it("are failed bulk jobs when the job says so", () => {
    const job: JobFact = {
      kind: "job",
      requestId: "j1",
      factId: "1",
      version: 1,
      at: START,
      t0: START,
      t0Rank: 2,
      target: "salesforce",
      instance: "org",
      objectType: "Orders",
      objectName: "",
      operation: "upsert",
      priority: "",
      clientId: "",
      correlationId: "",
      requestSource: "",
      jobState: "Failed",
      retries: 0,
    };
    expect(firing(1, [job])).toEqual(["bulk-job-failed observed"]);
  });
});

describe("what fired before", () => {
  function member(
    rule: AlertMember["rule"],
    outstanding: number,
  ): ReadonlyMap<AlertMember["rule"], AlertMember> {
    const one: AlertMember = {
      rule,
      requestId: "r1",
      alertId: "a",
      status: "firing",
      evidence: "inferred",
      reason: "",
      outstanding,
      failed: NO_COUNTS,
      changedAt: 0,
    };
    return new Map([[rule, one]]);
  }

  function changes(
    minutes: number,
    facts: readonly Fact[],
    known: ReadonlyMap<AlertMember["rule"], AlertMember>,
  ) {
    const { one, view } = at(minutes, facts);
    return evaluateRequest(one, REQUEST_RULES, known, view, false).changes.map(
      ({ rule, what }) => `${rule.name} ${what}`,
    );
  }

  it("changes nothing when it is judged again", () => {
    expect(changes(70, [linked, ...partly], member("link-retry-exhausted", 12))).toEqual([]);
  });

  it("is recovered by a late success, and resolved when the risk is over", () => {
    const late = [linked, ...partly, ...result(90, { received: 100, created: 12 })];
    expect(changes(91, late, member("link-retry-exhausted", 12))).toEqual(["link-retry-exhausted recovered"]);
    const inTime = [linked, ...partly, ...result(60, { received: 100, created: 12 })];
    expect(changes(61, inTime, member("link-retry-at-risk", 12))).toEqual(["link-retry-at-risk resolved"]);
  });

  it("is brought up to date when fewer records are outstanding", () => {
    const less = [linked, ...partly, ...result(90, { received: 100, created: 2 })];
    expect(changes(91, less, member("link-retry-exhausted", 12))).toEqual(["link-retry-exhausted changed"]);
  });
});

describe("settings of rules", () => {
  it("turn rules off, change their severity, and leave requests out that do not fit", () => {
    const rules = withSettings(REQUEST_RULES, {
      "request-overdue": { enabled: false },
      "link-retry-exhausted": {
        severity: "info",
        match: { correlationPrefix: "nightly/", objectName: "purchases" },
      },
      "link-retry-at-risk": { match: { instance: "other" } },
    });
    expect(rules.map((rule) => rule.name)).not.toContain("request-overdue");
    const { one, view } = at(70, [linked, ...partly]);
    const found = evaluateRequest(one, rules, new Map(), view, false).changes;
    expect(found.map(({ rule }) => [rule.name, rule.severity])).toEqual([["link-retry-exhausted", "info"]]);
    const risky = at(55, [linked, ...partly]);
    expect(evaluateRequest(risky.one, rules, new Map(), risky.view, false).changes).toEqual([]);
  });
});
