/**
 * The one sentence that tells how a request stands.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";
import { printable } from "../terminal/printable.ts";
import { codesText, countText, numberText, totalOf } from "./count-text.ts";
import { isJob, jobSentence } from "./job.ts";
import { recordsText } from "./records.ts";
import { stateText } from "./state.ts";
import { durationText, fromNow, momentText } from "./time-text.ts";

/** @param now epoch milliseconds */
export function headlineOf(one: LifecycleJson, now: number): string {
  const parts = sentencesOf(one, now).filter((part) => part !== "");
  const inferred = one.evidence === "inferred" ? " (inferred)" : "";
  return `${stateText(one.state)}: ${parts.join("; ")}${inferred}`;
}

function sentencesOf(one: LifecycleJson, now: number): string[] {
  if (isJob(one) && one.state !== "rejected") return [...jobSentence(one), jobTimeText(one, now)];
  if (!one.verifiable) {
    return [
      `${countText(one.records.expected, "record")} taken ${agoText(one.acceptedAt, now)}`,
      "what became of them cannot be told: Data Cloud gives streaming requests no status",
    ];
  }
  return (SENTENCES[one.state] ?? standing)(one, now);
}

function jobTimeText(one: LifecycleJson, now: number): string {
  if (one.settledAt !== null)
    return one.state === "succeeded" ? tookText(one).replace(/^, /, "") : settledText(one, now);
  return one.acceptedAt === null ? "" : `created ${agoText(one.acceptedAt, now)}`;
}

type Sentence = (one: LifecycleJson, now: number) => string[];

const SENTENCES: Partial<Record<LifecycleJson["state"], Sentence>> = {
  unconfirmed: (one, now) => [
    `${countText(one.records.expected, "record")} sent ${agoText(one.submittedAt, now)}, no response came back`,
    one.target === "salesforce"
      ? "nothing tells whether it got in, so look before sending it again"
      : "the stream shows no result so far; it may have got in all the same, so look before sending it again",
  ],
  rejected: (one) => [`${refusalText(one)}; none of ${countText(one.records.expected, "record")} was taken`],
  accepted: (one, now) => [
    `${countText(one.records.expected, "record")} taken ${agoText(one.acceptedAt, now)}, no result yet`,
    retryText(one, now),
    deadlineText(one, now),
  ],
  processing: (one, now) => [recordsText(one.records), retryText(one, now), deadlineText(one, now)],
  retrying: (one, now) => [recordsText(one.records), retryText(one, now), windowText(one, now)],
  succeeded: (one) => [recordsText(one.records) + tookText(one)],
  partially_failed: (one) => [recordsText(one.records) + tookText(one)],
  failed: (one) => [failedText(one) + tookText(one)],
  exhausted: (one, now) => [recordsText(one.records), exhaustedText(one), settledText(one, now)],
  overdue: (one, now) => [
    recordsText(one.records),
    "of the outstanding ones nothing more is to be expected: the retries are over and no result came",
    settledText(one, now),
  ],
  aborted: (one) => [`the job was aborted; ${recordsText(one.records)}`],
};

function standing(one: LifecycleJson): string[] {
  return [recordsText(one.records)];
}

function agoText(at: string | null, now: number): string {
  return at === null ? "at an unknown time" : fromNow(Date.parse(at), now);
}

function refusalText(one: LifecycleJson): string {
  const refused = one.timeline.findLast((entry) => entry.type === "rejected");
  if (refused === undefined) return "the upstream refused it";
  const { httpStatus, errorCode, errorMessage } = refused;
  const why = [errorCode, errorMessage].filter((text) => text !== undefined).map(printable);
  return `the upstream answered ${httpStatus ?? "no"}${why.length === 0 ? "" : ` (${why.join(": ")})`}`;
}

function retryText({ retry, timeline }: LifecycleJson, now: number): string {
  if (retry === null) return "";
  const { attempt, of, nextAt } = retry;
  const next = nextAt === null ? undefined : fromNow(Date.parse(nextAt), now);
  if (attempt === 0) return next === undefined ? "" : `what is then missing is retried ${next}`;
  const due = timeline.findLast((entry) => entry.type === "retry" && entry.attempt === attempt)?.at;
  const at = due === undefined ? "" : ` at ${momentText(Date.parse(due), now)}`;
  return `retry ${attempt} of ${of} was due${at}, ${next === undefined ? "the last one" : `next ${next}`}`;
}

function windowText({ retry }: LifecycleJson, now: number): string {
  if (retry === null) return "";
  if (retry.windowEndsAt === null) return `given up ${fromNow(Date.parse(retry.deadlineAt), now)}`;
  const endsAt = Date.parse(retry.windowEndsAt);
  if (endsAt > now) return `the link window closes ${fromNow(endsAt, now)}`;
  return `the link window closed ${fromNow(endsAt, now)}, a last result may be under way`;
}

function deadlineText({ retry }: LifecycleJson, now: number): string {
  return retry === null ? "" : `given up ${fromNow(Date.parse(retry.deadlineAt), now)} at the latest`;
}

function tookText(one: LifecycleJson): string {
  const from = one.acceptedAt ?? one.submittedAt;
  if (from === null || one.settledAt === null) return "";
  const tookMs = Date.parse(one.settledAt) - Date.parse(from);
  return tookMs >= 0 ? `, in ${durationText(tookMs)}` : "";
}

function failedText(one: LifecycleJson): string {
  const failed = totalOf(one.records.failed);
  if (failed === 0) return recordsText(one.records);
  return `${numberText(failed)} of ${countText(one.records.expected, "record")} failed (${codesText(one.records.failed)})`;
}

function exhaustedText(one: LifecycleJson): string {
  const silent = one.records.outstanding > 0 ? " or were never heard of again" : "";
  return `the link window is over: they found no person${silent}`;
}

function settledText(one: LifecycleJson, now: number): string {
  return one.settledAt === null ? "" : `since ${momentText(Date.parse(one.settledAt), now)}`;
}
