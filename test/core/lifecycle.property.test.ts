import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldLifecycle, type FoldContext } from "../../src/core/lifecycle.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { RETRY_POLICIES, type RetryPolicyName } from "../../src/core/retry-policy.ts";
import { disturbed, factSet } from "./fact-arbitrary.ts";
import { naiveFold } from "./naive-fold.ts";

const BASE = Date.UTC(2026, 10, 22, 12);
const now = fc
  .tuple(
    fc.constantFrom(0, 1, 4, 5, 6, 35, 64, 65, 69, 70, 71, 365, 366, 1_000),
    fc.integer({ min: -1, max: 1 }),
  )
  .map(([minutes, ms]) => BASE + minutes * 60_000 + ms);
const policy = fc.constantFrom(...(Object.keys(RETRY_POLICIES) as RetryPolicyName[]));

function context(at: number, name: RetryPolicyName = "marketo-2023"): FoldContext {
  const settings = lifecycleSettings({ policy: name });
  return { now: at, settingsFor: () => settings, lagMsFor: () => 0 };
}

describe("the fold of one request", () => {
  const facts = factSet({ base: BASE, requestId: "r" });

  it("agrees with the naive model of the table of states", () => {
    fc.assert(
      fc.property(facts, now, policy, (set, at, name) => {
        const folded = foldLifecycle(set, context(at, name));
        const { expected, created, updated, failed, superseded, outstanding } = folded.tally;
        expect({ state: folded.state, expected, created, updated, failed, superseded, outstanding }).toEqual(
          naiveFold(set, lifecycleSettings({ policy: name }), at),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it("is the same under every order and every duplication of the facts", () => {
    const disturbance = facts.chain((set) => fc.tuple(fc.constant(set), disturbed(set)));
    fc.assert(
      fc.property(disturbance, now, ([set, shaken], at) => {
        expect(foldLifecycle(shaken, context(at))).toEqual(foldLifecycle(set, context(at)));
      }),
      { numRuns: 1_500 },
    );
  });

  it("accounts for every record: nothing expected is neither accounted for nor outstanding", () => {
    const ofMarketo = facts.filter((set) => set.every((fact) => fact.target === "marketo"));
    fc.assert(
      fc.property(ofMarketo, now, (set, at) => {
        const { tally } = foldLifecycle(set, context(at));
        const accounted = tally.created + tally.updated + tally.failedTotal;
        expect(accounted + tally.outstanding).toBe(tally.expected + tally.excess);
      }),
      { numRuns: 1_500 },
    );
  });
});
