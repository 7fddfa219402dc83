/**
 * A settled request as a trace: the correlation as its root, the request under it, and under that each HTTP attempt of the
 * submitting side and each attempt of the service.
 *
 * Pure. Ids are hashes of what they stand for: a trace that is exported again falls on itself. What a request became after a
 * late result are further spans of the same trace, of another revision.
 */
import { createHash } from "node:crypto";
import type { SubmissionFact } from "../core/fact.ts";
import type { Lifecycle } from "../core/lifecycle.ts";
import { wasAccepted } from "../core/tally.ts";
import { NO_COUNTS, sortedCounts } from "../core/record-counts.ts";
import { timelineOf, type TimelineEntry } from "../core/timeline.ts";
import type { RequestTrace, Span, SpanAttributes, SpanContextIds } from "../core/trace-ports.ts";
import { parseTraceparent } from "../core/traceparent.ts";

/** Of what a service does with a request no more is told than this many results. */
const MOST_EVENTS = 128;

/** @param one that is settled */
export function requestTrace(one: Lifecycle): RequestTrace {
  const digest = createHash("sha256").update(one.requestId).digest("hex");
  const revision = revisionOf(one);
  const idOf = (name: string): string =>
    createHash("sha256").update(`${one.requestId}\n${revision}\n${name}`).digest("hex").slice(0, 16);
  const spans: Span[] = [];
  const [start, end] = timesOf(one);
  const correlation = one.correlationId === "" ? undefined : idOf("correlation");
  if (correlation !== undefined) {
    const attributes = {
      "after202.correlation.id": one.correlationId,
      "after202.request.source": one.requestSource,
    };
    spans.push({ ...PLAIN, spanId: correlation, name: "correlation", start, end, attributes });
  }
  const request = idOf("request");
  spans.push({
    ...PLAIN,
    spanId: request,
    parentSpanId: correlation,
    name: [one.operation || "load", one.objectName || one.objectType].join(" ").trim(),
    start,
    end,
    error: one.state === "succeeded" ? undefined : one.state,
    attributes: { ...attributesOf(one), "after202.revision": revision },
    links: linksOf(one),
  });
  for (const fact of one.submissions) {
    spans.push({
      ...submissionSpan(fact),
      spanId: idOf(`submission ${fact.submissionId}`),
      parentSpanId: request,
    });
  }
  for (const attempt of attemptsOf(one, start, end)) {
    spans.push({ ...attempt, spanId: idOf(attempt.name), parentSpanId: request });
  }
  return { traceId: digest.slice(0, 32), spans };
}

/** Changes with what became of the request, and with nothing else. */
export function revisionOf(one: Lifecycle): string {
  const { created, updated, failed, outstanding } = one.tally;
  const standing = [one.state, one.settledAt, created, updated, sortedCounts(failed), outstanding];
  const seen = [
    one.submissions.map((fact) => fact.submissionId).sort(),
    one.tally.attempts.length,
    one.jobs.length,
  ];
  return createHash("sha256")
    .update(JSON.stringify([...standing, ...seen]))
    .digest("hex")
    .slice(0, 8);
}

const PLAIN = {
  parentSpanId: undefined,
  kind: "internal",
  error: undefined,
  events: [],
  links: [],
} as const;

function timesOf(one: Lifecycle): [start: number, end: number] {
  const start = Math.min(one.t0, one.submittedAt ?? one.t0);
  return [start, Math.max(start, one.settledAt ?? one.lastResultAt ?? one.t0)];
}

function attributesOf(one: Lifecycle): SpanAttributes {
  const { expected, created, updated, outstanding, failed } = one.tally;
  const codes = [...failed].map(([code, n]) => [`after202.records.failed.${code}`, n] as const);
  return {
    "after202.request.id": one.requestId,
    "after202.correlation.id": one.correlationId,
    "after202.state": one.state,
    "after202.evidence": one.evidence,
    "after202.target": one.target,
    "after202.instance": one.instance,
    "after202.object.type": one.objectType,
    "after202.object.name": one.objectName,
    "after202.operation": one.operation,
    "after202.request.source": one.requestSource,
    "after202.client.id": one.clientId,
    "after202.link_bearing": one.linkBearing,
    "after202.adopted": one.adopted,
    "after202.retry.policy": one.retry?.policy ?? "",
    "after202.records.expected": expected,
    "after202.records.created": created,
    "after202.records.updated": updated,
    "after202.records.outstanding": outstanding,
    ...Object.fromEntries(codes),
  };
}

function linksOf(one: Lifecycle): SpanContextIds[] {
  const texts = new Set(one.submissions.flatMap(({ traceparent }) => traceparent ?? []));
  return [...texts].flatMap((text) => parseTraceparent(text) ?? []);
}

function submissionSpan(fact: SubmissionFact): Omit<Span, "spanId" | "parentSpanId"> {
  const status = fact.httpStatus === null ? {} : { "http.response.status_code": fact.httpStatus };
  const problem = fact.errorCode === "" ? {} : { "error.type": fact.errorCode };
  return {
    ...PLAIN,
    kind: "client",
    name: "submit",
    start: fact.at,
    end: Math.max(fact.at, fact.respondedAt ?? fact.at),
    error: wasAccepted(fact) ? undefined : fact.errorMessage || fact.errorCode || "no response",
    attributes: {
      "after202.submission.id": fact.submissionId,
      "after202.records.expected": fact.records,
      ...status,
      ...problem,
    },
  };
}

/** What the service did: its first try from the acceptance on, and each retry that was due before the end. */
function attemptsOf(one: Lifecycle, start: number, end: number): Omit<Span, "spanId" | "parentSpanId">[] {
  const entries = timelineOf(one, end).slice(0, MOST_EVENTS);
  const told = entries.filter(({ type }) => type === "result" || type === "job");
  if (one.state === "rejected" || (one.acceptedAt === null && told.length === 0)) return [];
  const begins = [one.acceptedAt ?? start, ...(one.retry?.dueAt ?? [])].filter(
    (at, n) => n === 0 || at < end,
  );
  return begins.map((at, attempt) => {
    const until = begins[attempt + 1] ?? end;
    const own = told.filter((entry) => (entry.attempt ?? 0) === attempt);
    const isLast = attempt === begins.length - 1;
    const failed = own.some((entry) => entry.failed !== undefined && entry.failed.size > 0);
    return {
      ...PLAIN,
      name: `attempt ${attempt}`,
      start: at,
      end: Math.max(at, until),
      error:
        failed || (isLast && one.tally.outstanding > 0) ? "records failed or are outstanding" : undefined,
      attributes: {
        "after202.attempt": attempt,
        "after202.evidence": own.length > 0 ? "observed" : "inferred",
      },
      events: own.map((entry) => ({ at: entry.at, name: entry.type, attributes: eventAttributes(entry) })),
    };
  });
}

function eventAttributes({
  eventId,
  created,
  updated,
  failed = NO_COUNTS,
  jobState,
}: TimelineEntry): SpanAttributes {
  const codes = [...failed].map(([code, n]) => [`after202.records.failed.${code}`, n] as const);
  return {
    ...(eventId === undefined ? {} : { "after202.event.id": eventId }),
    ...(created === undefined ? {} : { "after202.records.created": created }),
    ...(updated === undefined ? {} : { "after202.records.updated": updated }),
    ...(jobState === undefined ? {} : { "after202.job.state": jobState }),
    ...Object.fromEntries(codes),
  };
}
