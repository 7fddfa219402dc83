/**
 * Random fact sets for property tests: small counts, few codes and few times, so that the interesting cases meet.
 */
import fc from "fast-check";
import {
  DECODER_VERSION,
  type Fact,
  type JobFact,
  jobFactId,
  type ResultFact,
  resultFactId,
  type SubmissionFact,
  submissionFactId,
  T0_RANK,
} from "../../src/core/fact.ts";
import { JOB_STATES } from "../../src/core/job.ts";

const MINUTE = 60_000;
const names = {
  instance: fc.constantFrom("123-ABC-456", "999-ZZZ-000", ""),
  objectType: fc.constantFrom("person", "customObject", "été ☃"),
  priority: fc.constantFrom("normal", "high", ""),
  clientId: fc.constantFrom("a@b.c", ""),
  requestSource: fc.constantFrom("crm-sync", 'it\'s "quoted" \\ back', ""),
};
const codes = fc.constantFrom("503", "1004", "1003", "404", "608", "x'y\"z");
const counts = fc.integer({ min: 0, max: 6 });

export interface FactArbitraryOptions {
  /** Epoch milliseconds about which everything happens. */
  readonly base: number;
  readonly requestId: string;
}

function result({ base, requestId }: FactArbitraryOptions): fc.Arbitrary<ResultFact> {
  return fc
    .record({
      event: fc.integer({ min: 0, max: 5 }),
      offset: fc.constantFrom(-1, 0, 1, 5, 6, 35, 36, 64, 65, 66, 71, 400),
      jitter: fc.integer({ min: -2, max: 2 }),
      began: fc.constantFrom(0, 0, 0, 500, MINUTE),
      hasTime: fc.boolean(),
      received: counts,
      created: counts,
      updated: counts,
      failed: fc.dictionary(codes, fc.integer({ min: 1, max: 5 }), { maxKeys: 3, noNullPrototype: true }),
      exact: fc.boolean(),
      ...names,
      correlationId: fc.constantFrom("c1", "c2", "c3", ""),
    })
    .map((r) => {
      const at = base + r.offset * MINUTE + r.jitter;
      const accounted = r.created + r.updated + Object.values(r.failed).reduce((a, b) => a + b, 0);
      const eventId = `${requestId}-e${r.event}`;
      return {
        kind: "result",
        requestId,
        factId: resultFactId(eventId, requestId, 0),
        version: DECODER_VERSION,
        at,
        t0: r.hasTime ? base + r.began : at,
        t0Rank: r.hasTime ? T0_RANK.requestTime : T0_RANK.eventTime,
        target: "marketo",
        instance: r.instance,
        objectType: r.objectType,
        objectName: "",
        operation: "",
        priority: r.priority,
        clientId: r.clientId,
        correlationId: r.correlationId,
        requestSource: r.requestSource,
        eventId,
        received: r.exact ? accounted : r.received,
        created: r.created,
        updated: r.updated,
        failed: new Map(Object.entries(r.failed)),
      };
    });
}

function submission({ base, requestId }: FactArbitraryOptions): fc.Arbitrary<SubmissionFact> {
  return fc
    .record({
      number: fc.integer({ min: 0, max: 3 }),
      offset: fc.integer({ min: -2_000, max: 2_000 }),
      hasServerTime: fc.boolean(),
      records: fc.integer({ min: 0, max: 12 }),
      httpStatus: fc.constantFrom(202, 202, 202, 200, 201, 429, 500, null, null),
      responded: fc.boolean(),
      linkField: fc.constantFrom("", "", "email"),
      target: fc.constantFrom("marketo" as const, "marketo" as const, "salesforce" as const),
      ...names,
      correlationId: fc.constantFrom("c1", "c2", "c3", ""),
    })
    .map((s) => {
      const at = base + s.offset;
      return {
        kind: "submission",
        requestId,
        factId: submissionFactId(`${requestId}-s${s.number}`),
        version: DECODER_VERSION,
        at,
        t0: s.hasServerTime ? base : at,
        t0Rank: s.hasServerTime ? T0_RANK.serverTime : T0_RANK.submittedAt,
        target: s.target,
        instance: s.instance,
        objectType: s.objectType,
        objectName: s.linkField === "" ? "" : "purchases",
        operation: "upsert",
        priority: s.priority,
        clientId: "",
        correlationId: s.correlationId,
        requestSource: s.requestSource,
        submissionId: `${requestId}-s${s.number}`,
        previousSubmissionId: "",
        records: s.records,
        bytes: 10,
        respondedAt: s.responded ? at + 50 : null,
        httpStatus: s.httpStatus,
        errorCode: "",
        errorMessage: "",
        linkField: s.linkField,
        labels: { job: "j1" },
      };
    });
}

function job({ base, requestId }: FactArbitraryOptions): fc.Arbitrary<JobFact> {
  return fc
    .record({
      jobState: fc.constantFrom(...JOB_STATES, "Gone" as const),
      offset: fc.integer({ min: 0, max: 9 }),
      seenBy: fc.constantFrom("submission", "poll"),
      retries: fc.integer({ min: 0, max: 2 }),
      ...names,
    })
    .map((j) => ({
      kind: "job",
      requestId,
      factId: jobFactId(requestId, j.jobState, j.seenBy),
      version: DECODER_VERSION,
      at: base + j.offset * MINUTE,
      t0: base,
      t0Rank: T0_RANK.serverTime,
      target: "salesforce",
      instance: j.instance,
      objectType: j.objectType,
      objectName: "",
      operation: "upsert",
      priority: "",
      clientId: "",
      correlationId: "",
      requestSource: "",
      jobState: j.jobState,
      retries: j.retries,
    }));
}

/** At least one fact of one request; facts of equal identity are equal, as they are when they come from one source. */
export function factSet(options: FactArbitraryOptions): fc.Arbitrary<Fact[]> {
  const results = fc.array(result(options), { maxLength: 5 });
  const submissions = fc.array(submission(options), { maxLength: 2 });
  const jobs = fc.array(job(options), { maxLength: 4 });
  const problems = fc.array(result(options), { maxLength: 1 });
  return fc
    .oneof(
      { weight: 8, arbitrary: fc.tuple(results, submissions, fc.constant([] as Fact[])) },
      { weight: 2, arbitrary: fc.tuple(problems, fc.array(submission(options), { maxLength: 4 }), jobs) },
    )
    .map(([a, b, c]) => [...new Map([...a, ...b, ...c].map((fact) => [fact.factId, fact])).values()])
    .filter((facts) => facts.length > 0);
}

/** Any order, any duplication of the facts. */
export function disturbed(facts: readonly Fact[]): fc.Arbitrary<Fact[]> {
  return fc
    .tuple(fc.shuffledSubarray([...facts], { minLength: facts.length }), fc.subarray([...facts]))
    .map(([all, again]) => [...all, ...again]);
}
