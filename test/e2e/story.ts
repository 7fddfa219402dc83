/**
 * Random stories for property tests: what was submitted and what the stream said of it, in a few requests that share
 * correlation ids, codes and moments, so that the interesting cases meet.
 *
 * Told as JSON, as it goes over the wire. Ids are drawn within a space of the story's own.
 */
import fc from "fast-check";
import { unwrapEvent } from "../../src/core/envelope.ts";
import { createLedger, type Ledger } from "../../src/core/ledger.ts";
import { correlationJson, lifecycleJson } from "../../src/core/lifecycle-json.ts";
import type { SettingsByInstance } from "../../src/core/lifecycle-settings.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { Clock } from "../../src/core/ports.ts";
import { submissionFact, type SubmissionInput } from "../../src/core/submission.ts";
import { createMemoryStore } from "../api/memory-store.ts";

const MINUTE = 60_000;

export interface Story {
  readonly events: readonly { readonly id: string; readonly [field: string]: unknown }[];
  readonly submissions: readonly SubmissionInput[];
  /** Everything that may be asked for. */
  readonly ids: readonly string[];
  readonly correlationIds: readonly string[];
}

const count = fc.integer({ min: 0, max: 5 });
const failed = fc.dictionary(fc.constantFrom("503", "1004", "1003", "608"), fc.integer({ min: 1, max: 4 }), {
  maxKeys: 2,
  noNullPrototype: true,
});

const entry = fc.record({
  request: fc.integer({ min: 0, max: 3 }),
  received: fc.integer({ min: 0, max: 10 }),
  created: count,
  updated: count,
  failed,
  timed: fc.boolean(),
});

const event = fc.record({
  minute: fc.constantFrom(0, 1, 4, 5, 6, 36, 66, 71),
  entries: fc.array(entry, { minLength: 1, maxLength: 4 }),
});

const sent = fc.record({
  request: fc.integer({ min: 0, max: 3 }),
  answered: fc.boolean(),
  httpStatus: fc.constantFrom(202, 202, 202, 429, 500),
  records: fc.integer({ min: 0, max: 10 }),
  offset: fc.constantFrom(-1_000, 0, 250, 90_000),
  linkField: fc.constantFrom(undefined, undefined, "email"),
  labels: fc.constantFrom(undefined, { job: "nightly", chunk: "1" }, { chunk: "2" }),
});

/** @param space prefix of all ids, unique to the story */
export function story(space: string, base: number): fc.Arbitrary<Story> {
  const at = (ms: number): string => new Date(base + ms).toISOString();
  const requestId = (n: number): string => `${space}-r${n}`;
  const correlationId = (n: number): string => `${space}/c${n % 2}`;
  return fc
    .record({
      events: fc.array(event, { minLength: 1, maxLength: 5 }),
      submissions: fc.array(sent, { maxLength: 4 }),
    })
    .map(({ events, submissions }) => ({
      events: events.map(({ minute, entries }, n) => ({
        id: `${space}-e${n}`,
        specversion: "1.0",
        type: "com.adobe.platform.marketo.observability.results",
        source: "urn:data_ingestion_service",
        time: at(minute * MINUTE + n),
        datacontenttype: "application/json",
        data: {
          munchkinId: "123-ABC-456",
          requests: entries.map(({ request, timed, ...records }) => ({
            requestId: requestId(request),
            ...(timed ? { requestTime: at(request * 10) } : {}),
            clientId: "foo@marketo.com",
            correlationId: correlationId(request),
            requestSource: "crm-sync",
            objectType: "person",
            priority: "normal",
            records,
          })),
        },
      })),
      submissions: submissions.map(
        ({ request, answered, httpStatus, offset, linkField, labels, records }, n) => ({
          submissionId: submissionIdOf(space, n),
          ...(answered ? { requestId: requestId(request), httpStatus, respondedAt: at(offset + 80) } : {}),
          correlationId: correlationId(request),
          requestSource: "crm-sync",
          target: "marketo" as const,
          instance: "123-ABC-456",
          objectType: "person",
          operation: "upsert",
          records,
          submittedAt: at(offset),
          ...(linkField === undefined ? {} : { linkField, objectName: "purchases" }),
          ...(labels === undefined ? {} : { labels }),
        }),
      ),
      ids: [
        ...[0, 1, 2, 3].map(requestId),
        ...submissions.flatMap((one, n) => (one.answered ? [] : [submissionIdOf(space, n)])),
      ],
      correlationIds: [correlationId(0), correlationId(1)],
    }));
}

/** A UUID that ends in the number and begins with the space's hash. */
function submissionIdOf(space: string, n: number): string {
  const hex = Buffer.from(space).toString("hex").padEnd(24, "0").slice(-24);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 24)}0000000${n}`;
}

/** Everything that can be asked about a story, as the API gives it. */
export async function answersOf(
  ledger: Ledger,
  { ids, correlationIds }: Story,
  now: number,
): Promise<unknown> {
  const found = await ledger.getMany(ids);
  const rollups = await Promise.all(correlationIds.map((id) => ledger.correlation(id)));
  const answers = {
    requests: ids.map((id) => {
      const one = found.get(id);
      return one === undefined ? null : lifecycleJson(one, now);
    }),
    correlations: rollups.map((one) => (one === undefined ? null : correlationJson(one, now, true))),
  };
  return JSON.parse(JSON.stringify(answers)) as unknown; // as it goes over the wire
}

/** The answers by the fold alone: no pipeline, no store, each fact once, in the story's own order. */
export async function answersByFold(
  told: Story,
  settings: SettingsByInstance,
  clock: Clock,
): Promise<unknown> {
  const memory = createMemoryStore(settings);
  memory.put(...told.events.flatMap((one) => decodeEvent(unwrapEvent(one).event).facts));
  memory.put(...told.submissions.map((one) => submissionFact(one)));
  const byCorrelation = (id: string): string[] =>
    [...memory.facts]
      .filter(([, facts]) => facts.some((fact) => fact.correlationId === id))
      .map(([own]) => own);
  const reader = {
    ...memory,
    adoptionCandidates: async (correlationIds: readonly string[]) =>
      correlationIds.flatMap((correlationId) =>
        byCorrelation(correlationId).map((requestId) => ({ correlationId, requestId, t0: 0 })),
      ),
  };
  return answersOf(createLedger(reader, settings, clock), told, clock.now());
}
