/**
 * The fold of one request, as a status by id runs it.
 */
import type { Fact } from "../../src/core/fact.ts";
import { foldLifecycle, type FoldContext, type LifecycleState } from "../../src/core/lifecycle.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { type Benchmark, check } from "./benchmark.ts";
import { microFigures } from "./micro.ts";

const T0 = Date.UTC(2026, 10, 22, 12);
const REQUEST = "7a3f4e60-0000-4000-8000-000000000001";
const MANY_RESULTS = 50;

const settings = lifecycleSettings();
const seen: FoldContext = { now: T0 + 3 * 3_600_000, settingsFor: () => settings, lagMsFor: () => 0 };

const CASES: readonly { title: string; facts: readonly Fact[]; state: LifecycleState }[] = [
  { title: "1 result", facts: [result(1, { created: 60, updated: 40 })], state: "succeeded" },
  {
    title: "submission, 2 results, link retry",
    facts: [submission(), result(1, { created: 90, failed: { "1004": 10 } }), result(2, { created: 10 })],
    state: "succeeded",
  },
  {
    title: `submission, ${MANY_RESULTS} results`,
    facts: [submission(), ...Array.from({ length: MANY_RESULTS }, (_, i) => result(i, { created: 2 }))],
    state: "succeeded",
  },
];

export const foldBench: Benchmark = {
  name: "fold",
  about: "foldLifecycle, in this process",
  async *run({ quick }) {
    for (const { title, facts, state } of CASES) {
      const folded = foldLifecycle(facts, seen);
      check(folded.state === state, `${title}: ${folded.state}, not ${state}`);
      check(folded.tally.created + folded.tally.updated === 100, `${title}: ${JSON.stringify(folded.tally)}`);
    }
    yield* await microFigures(
      CASES.map(({ title, facts }) => ({
        name: `fold: ${title}`,
        unit: "folds",
        amount: 1,
        run: () => foldLifecycle(facts, seen),
      })),
      quick,
    );
  },
};

function submission(): Fact {
  return submissionFact({
    submissionId: "7a3f4e60-0000-4000-8000-0000000000aa",
    requestId: REQUEST,
    correlationId: "nightly/1",
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "customObject",
    operation: "upsert",
    records: 100,
    submittedAt: new Date(T0).toISOString(),
    httpStatus: 202,
    linkField: "email",
  });
}

/** The n-th result of the request: in the first minute, or, from the second on, after the first retry. */
function result(
  n: number,
  records: { created: number; updated?: number; failed?: Record<string, number> },
): Fact {
  const [fact] = decodeEvent({
    id: `event-${n}`,
    type: "com.adobe.platform.marketo.observability.results",
    time: new Date(T0 + (n < 2 ? 30_000 : 330_000 + n)).toISOString(),
    data: {
      munchkinId: "123-ABC-456",
      requests: [
        {
          requestId: REQUEST,
          requestTime: new Date(T0).toISOString(),
          objectType: "customObject",
          records: { received: 100, updated: 0, failed: {}, ...records },
        },
      ],
    },
  }).facts;
  if (fact === undefined) throw new Error("the event has no fact");
  return fact;
}
