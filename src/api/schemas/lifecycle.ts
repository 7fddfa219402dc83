/**
 * The lifecycle of a request, as the API gives it. A test holds this schema to `lifecycleJson`.
 */
import { Type } from "typebox";
import { JOB_STATES } from "../../core/job.ts";
import { MOST_REQUESTS } from "../../core/missing-persons.ts";
import { STATES } from "../../core/lifecycle.ts";
import { SAMPLE_LIFECYCLE } from "./sample.ts";
import { closed, count, countsByCode, named, ref, text, time, timeOrNull } from "./field.ts";

const EVIDENCE = "`observed`: an event or a response says so; `inferred`: counts and the clock say so.";

const MISSING =
  "Link values of which after202 has seen no person: GET …/missing-persons names them. null where the submission told none, " +
  "where nothing waits for a person, and within lists.";

const timelineEntry = named(
  "TimelineEntry",
  Type.Object(
    {
      at: time("When it happened."),
      type: Type.Enum(
        [
          "submitted",
          "unanswered",
          "adopted",
          "accepted",
          "rejected",
          "result",
          "retry",
          "window_closed",
          "job",
          "settled",
        ],
        { description: "What happened." },
      ),
      evidence: Type.Enum(["observed", "inferred"], { description: EVIDENCE }),
      submissionId: Type.Optional(text("submitted: the recorder's id of this HTTP attempt.")),
      traceparent: Type.Optional(
        text("submitted: the trace in which the call was made (W3C Trace Context)."),
      ),
      operation: Type.Optional(text("submitted: of a call to a bulk job, which one it was.")),
      records: Type.Optional(count("submitted: rows of an upload to a bulk job, as far as known.")),
      bytes: Type.Optional(count("submitted: bytes of an upload to a bulk job.")),
      httpStatus: Type.Optional(Type.Integer({ description: "accepted, rejected: the response's status." })),
      errorCode: Type.Optional(text("rejected, unanswered: the upstream's or the client's error code.")),
      errorMessage: Type.Optional(text("rejected, unanswered: the error in words.")),
      attempt: Type.Optional(count("result, retry: 0 before the first retry was due, n after the n-th.")),
      eventId: Type.Optional(text("result: the id of the stream's event.")),
      created: Type.Optional(count("result: records created.")),
      updated: Type.Optional(count("result: records updated.")),
      failed: Type.Optional(countsByCode("result: records failed, by code.")),
      superseded: Type.Optional(countsByCode("result: failures that a later attempt made good, by code.")),
      jobState: Type.Optional(text("job: the state in which the bulk job was seen.")),
      retries: Type.Optional(count("job: how often the service had tried it again; absent when it had not.")),
      state: Type.Optional(Type.Enum([...STATES], { description: "settled: the state it settled in." })),
    },
    { ...closed, description: "One moment of a request; fields that do not apply are absent." },
  ),
);

const records = Type.Object(
  {
    expected: count("Records that were submitted, or that the stream says were received."),
    created: count("Records created."),
    updated: count("Records updated."),
    failed: countsByCode("Records that failed and were not made good, by code."),
    outstanding: count("Records of which nothing is known yet, and of which news may still come."),
    superseded: countsByCode("Failures that a later attempt made good, by code."),
  },
  { ...closed, description: "Where the records of the request are." },
);

const retry = Type.Object(
  {
    policy: text("The retry policy under which the instance runs."),
    attempt: count("Retries that were due so far."),
    of: count("Retries that there are in all."),
    nextAt: timeOrNull("When the next retry is due."),
    windowEndsAt: timeOrNull("When the window for link fields closes; null without a link field."),
    deadlineAt: time("After this, records still outstanding are given up."),
  },
  { ...closed, description: "Where the request stands in the upstream's own retries." },
);

const job = Type.Object(
  {
    state: Type.Enum([...JOB_STATES, "Gone"], {
      description: "The furthest state it was seen in; `Gone`: the service knows it no longer.",
    }),
    retries: count("How often the service tried it again."),
    uploads: count("Uploads that the service took."),
    bytes: count("Bytes of these uploads."),
  },
  { ...closed, description: "A Data Cloud bulk job; `records.expected` are the rows of its uploads." },
);

const lifecycle = named(
  "Lifecycle",
  Type.Object(
    {
      requestId: text("The upstream's request id; the submission's id while no response has named one."),
      correlationId: text("Groups the requests of a job; empty when there is none."),
      requestSource: text("Who sent it, in the sender's words; empty when unknown."),
      target: Type.Enum(["marketo", "salesforce"], { description: "The system that it was sent to." }),
      instance: text("The Marketo instance (Munchkin id) or Salesforce tenant."),
      objectType: text("person, customObject, …: an open set."),
      objectName: text("Name of the custom object; else empty."),
      operation: text("upsert, delete, …; empty when unknown."),
      priority: text("The queue: normal or high; empty when unknown."),
      clientId: text("The API client, as the stream names it; empty when unknown."),
      state: Type.Enum([...STATES], { description: "What became of it, as of now." }),
      evidence: Type.Enum(["observed", "inferred"], { description: EVIDENCE }),
      terminal: Type.Boolean({
        description: "Settled. Only `exhausted` and `overdue` can still change, by a late result.",
      }),
      linkBearing: Type.Boolean({ description: "Its records point to persons by a link field." }),
      verifiable: Type.Boolean({
        description:
          "false: accepted, and the upstream has no way to tell what became of it. It stays `accepted`.",
      }),
      unverifiableReason: Type.Union([Type.String(), Type.Null()], {
        description: "Why it cannot be verified.",
      }),
      records,
      job: Type.Union([job, Type.Null()], { description: "null unless it is a bulk job." }),
      missingPersons: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description: MISSING }),
      retry: Type.Union([retry, Type.Null()], {
        description: "null where the upstream's retries do not apply.",
      }),
      submittedAt: timeOrNull("When it was sent."),
      acceptedAt: timeOrNull("When the upstream accepted it."),
      firstResultAt: timeOrNull("The first result."),
      lastResultAt: timeOrNull("The newest result."),
      settledAt: timeOrNull("When it settled."),
      timeline: Type.Array(ref("TimelineEntry"), { description: "What happened, in order." }),
      anomalies: Type.Array(
        Type.Enum([
          "accounted_exceeds_expected",
          "received_exceeds_submitted",
          "result_precedes_request",
          "result_after_rejection",
          "job_gone",
          "gap",
          "refresh_cancelled_by_job",
        ]),
        { description: "What does not add up; never hidden." },
      ),
      labels: Type.Object(
        {},
        { additionalProperties: Type.String(), description: "Labels that the submission carried." },
      ),
    },
    {
      ...closed,
      description: "A request from its submission to its end, as it stands now.",
      examples: [SAMPLE_LIFECYCLE],
    },
  ),
);

const lifecycleList = named(
  "LifecycleList",
  Type.Object(
    {
      items: Type.Array(ref("Lifecycle"), {
        description: "Newest first. A page may hold fewer than `limit`, even none, while there are more.",
      }),
      nextCursor: Type.Union([Type.String(), Type.Null()], {
        description: "Where the list goes on, with the same filters; null at its end.",
      }),
    },
    { ...closed, description: "A page of requests." },
  ),
);

const amount = {
  uploaded: count("Uploaded so far."),
  done: count("Of these, in jobs that are complete."),
};

const backfill = named(
  "Backfill",
  Type.Object(
    {
      jobs: Type.Object(
        {
          known: count("Bulk jobs so far."),
          complete: count("Complete."),
          lost: count("Failed, aborted, or gone."),
          underWay: count("Open, queued, or being processed."),
        },
        { ...closed, description: "Its jobs." },
      ),
      files: Type.Object(
        {
          ...amount,
          planned: Type.Union([Type.Integer(), Type.Null()], {
            description: "As the label `chunks` of its submissions says; null when none does.",
          }),
        },
        { ...closed, description: "Its files: one an upload." },
      ),
      rows: Type.Object(
        { ...amount, failed: count("Rows of complete jobs that are known to have failed.") },
        { ...closed, description: "Rows, as far as the submitting side counted them." },
      ),
      bytes: Type.Object(amount, { ...closed, description: "Bytes of the files." }),
      retries: count("How often the service tried its jobs again."),
      rate: Type.Union(
        [
          Type.Object(
            {
              rowsPerSecond: Type.Number({ description: "Rows a second." }),
              bytesPerSecond: Type.Number({ description: "Bytes a second." }),
            },
            { ...closed, description: "Of what is done, since the first job began." },
          ),
          Type.Null(),
        ],
        { description: "null while no job is complete." },
      ),
      estimatedEndAt: timeOrNull("Inferred from the rate; null when there is nothing to infer it from."),
    },
    { ...closed, description: "The bulk jobs of a correlation, as one load." },
  ),
);

const correlation = named(
  "Correlation",
  Type.Object(
    {
      correlationId: text("The correlation id."),
      settled: Type.Boolean({
        description: "Every request has reached a terminal state, or is one that can never be verified.",
      }),
      requests: Type.Object(
        {
          total: count("Requests that carry the correlation id."),
          byState: Type.Object(
            {},
            {
              additionalProperties: Type.Integer({ minimum: 1 }),
              propertyNames: { enum: [...STATES] },
              description: "How many are in each state; states without any are absent.",
            },
          ),
        },
        { ...closed, description: "The requests, counted." },
      ),
      records: Type.Object(
        {
          expected: count("Records submitted."),
          created: count("Records created."),
          updated: count("Records updated."),
          failed: countsByCode("Records that failed, by code."),
          outstanding: count("Records of which nothing is known yet."),
        },
        { ...closed, description: "Sums over all requests." },
      ),
      unverifiable: Type.Object(
        { requests: count("Requests."), records: count("Their records.") },
        { ...closed, description: "What was accepted, and can never be verified." },
      ),
      inGap: count("Requests whose state is inferred, over a gap of the stream that nothing has read since."),
      backfill: Type.Union([ref("Backfill"), Type.Null()], {
        description: "Its bulk jobs as one load; null when it has none.",
      }),
      missingPersons: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
        description:
          `Distinct link values without a person, of the requests that wait for persons; of more than ${MOST_REQUESTS} ` +
          "such requests the oldest count. null where none of them told link values, or none waits.",
      }),
      firstAt: timeOrNull("When the first request began."),
      lastResultAt: timeOrNull("The newest result."),
      earliestDeadlineAt: timeOrNull("The earliest deadline among requests that are not settled."),
      items: Type.Optional(
        Type.Array(ref("Lifecycle"), { description: "With `requests=true`: the requests, oldest first." }),
      ),
      itemsOmitted: Type.Optional(
        count("With `requests=true`: how many more there are; GET /v1/requests?correlationId= has them all."),
      ),
    },
    { ...closed, description: "All requests of one correlation id, as one." },
  ),
);

export const LIFECYCLE_SCHEMAS = [timelineEntry, lifecycle, lifecycleList, backfill, correlation];
