/**
 * Facts for tests of the API: one request to Marketo at 02:00, and its results.
 */
import { DECODER_VERSION, resultFactId, T0_RANK, type ResultFact } from "../../src/core/fact.ts";
import { submissionFact, type SubmissionInput } from "../../src/core/submission.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

export const START = Date.parse("2026-11-22T02:00:00.000Z");
export const MINUTE_MS = 60_000;

export function submissionInput(over: Partial<SubmissionInput> = {}): SubmissionInput {
  return {
    submissionId: "5b0d2f3e-7d0c-4b0e-8f5e-0d3f0a4f9c21",
    requestId: "r-1",
    correlationId: "nightly-2026-11-22/17",
    requestSource: "crm-sync",
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "customObject",
    objectName: "purchases",
    operation: "upsert",
    priority: "normal",
    records: 100,
    submittedAt: new Date(START).toISOString(),
    respondedAt: new Date(START + 180).toISOString(),
    httpStatus: 202,
    linkField: "email",
    labels: { job: "backfill-90d", chunk: "12" },
    ...over,
  };
}

export function submitted(requestId: string, over: Partial<SubmissionInput> = {}) {
  return submissionFact(submissionInput({ requestId, ...over }));
}

let events = 0;

/** A result `afterMs` after the request began. */
export function result(
  requestId: string,
  afterMs: number,
  counts: Partial<ResultFact>,
  t0 = START,
): ResultFact {
  const eventId = `event-${++events}`;
  return {
    kind: "result",
    requestId,
    factId: resultFactId(eventId, requestId, 0),
    version: DECODER_VERSION,
    eventId,
    at: t0 + afterMs,
    t0,
    t0Rank: T0_RANK.requestTime,
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "customObject",
    objectName: "",
    operation: "",
    priority: "normal",
    clientId: "foo@marketo.com",
    correlationId: "nightly-2026-11-22/17",
    requestSource: "crm-sync",
    received: 100,
    created: 0,
    updated: 0,
    failed: NO_COUNTS,
    ...counts,
  };
}
