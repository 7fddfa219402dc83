/** Facts and a clock for the tests of the store. */
import type { Fact } from "../../src/core/fact.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { Clock } from "../../src/core/ports.ts";
import { submissionFact, type SubmissionInput } from "../../src/core/submission.ts";
import { requestEntry, resultsEvent, T0 } from "../core/events.ts";

export const START = Date.parse(T0);

export function clockAt(now: number): Clock {
  return { now: () => now, sleep: () => Promise.reject(new Error("not asked for")) };
}

export function submission(changes: Partial<SubmissionInput>): Fact {
  return submissionFact({
    submissionId: "s",
    target: "marketo",
    instance: "123-ABC-456",
    objectType: "person",
    operation: "upsert",
    records: 10,
    submittedAt: T0,
    ...changes,
  });
}

export function results(id: string, requestId: string, changes: Record<string, unknown>): Fact[] {
  return [...decodeEvent(resultsEvent(id, [requestEntry(requestId, changes)])).facts];
}
