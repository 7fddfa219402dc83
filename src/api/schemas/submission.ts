/**
 * Submissions, as recorders send them. Bounds are those of the store and of the upstream's headers.
 */
import { Type } from "typebox";
import { JOB_STATES } from "../../core/job.ts";
import { MAX_RECORDS } from "../limits.ts";
import { closed, count, named, text } from "./field.ts";

const name = (description: string, maxLength = 255) => Type.String({ minLength: 1, maxLength, description });
const free = (description: string, maxLength = 255) => Type.String({ maxLength, description });
const moment = (description: string) =>
  Type.String({ maxLength: 64, description: `${description} RFC 3339.` });

const digests = (description: string) =>
  Type.Array(Type.String({ pattern: "^[A-Za-z0-9_=-]{1,128}$" }), {
    maxItems: 1_000,
    description: `${description} Digests in hex or base64url, never the plain values.`,
  });

export const submission = named(
  "Submission",
  Type.Object(
    {
      submissionId: Type.String({
        pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        description: "UUID, made by the recorder for this HTTP attempt: sent twice, it counts once.",
      }),
      requestId: Type.Optional(name("The response's X-Request-Id (for a bulk job its id).", 1_024)),
      correlationId: Type.Optional(free("X-Correlation-Id.")),
      requestSource: Type.Optional(free("X-Request-Source.", 50)),
      target: Type.Enum(["marketo", "salesforce"], { description: "The system it was sent to." }),
      instance: name("The Marketo instance (Munchkin id), or the host of the Data Cloud tenant."),
      objectType: name("person, customObject, company, …; to Data Cloud: bulk or streaming."),
      objectName: Type.Optional(free("Name of the custom object, or of the object in Data Cloud.")),
      operation: name(
        "upsert, delete, …; a call to a bulk job after its creation: upload, close, abort.",
        64,
      ),
      priority: Type.Optional(free("normal or high.", 50)),
      records: Type.Integer({
        minimum: 0,
        maximum: MAX_RECORDS,
        description: "Number of records in the request; of a bulk job's calls only uploads carry any.",
      }),
      bytes: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: "Size of the request's body." }),
      ),
      submittedAt: moment("When it was sent."),
      respondedAt: Type.Optional(moment("When the response, or the failure to get one, was seen.")),
      serverTime: Type.Optional(
        Type.String({ maxLength: 64, description: "The response's `Date`: RFC 3339 or an HTTP date." }),
      ),
      httpStatus: Type.Optional(
        Type.Integer({
          minimum: 100,
          maximum: 599,
          description:
            "The response's status; left out, it is 202 where a requestId came and no errorCode, else no response was received.",
        }),
      ),
      errorCode: Type.Optional(free("The upstream's error code, or the client's (ECONNRESET).")),
      errorMessage: Type.Optional(free("The error in words.", 8_192)),
      previousSubmissionId: Type.Optional(free("The submission that this one repeats.", 64)),
      jobState: Type.Optional(
        Type.Enum([...JOB_STATES], {
          description: "Of a bulk job (requestId: its id): the state it has after this call.",
        }),
      ),
      jobCreatedAt: Type.Optional(
        moment("Of a bulk job: its createdDate, so that all its calls are filed where it began."),
      ),
      linkField: Type.Optional(free("Name of the field that points to a person, if there is one.")),
      linkKeys: Type.Optional(digests("The link values of the custom objects.")),
      personKeys: Type.Optional(digests("The same field of the persons in this request.")),
      traceparent: Type.Optional(
        free("The call's own header (W3C Trace Context): the request's trace is linked to it.", 512),
      ),
      labels: Type.Optional(
        Type.Object(
          {},
          {
            additionalProperties: Type.String({ maxLength: 256 }),
            maxProperties: 32,
            description: "Anything to find it by later; names and values of at most 256 characters.",
          },
        ),
      ),
    },
    {
      ...closed,
      description: "What the submitting side knows of one HTTP attempt.",
      examples: [
        {
          submissionId: "5b0d2f3e-7d0c-4b0e-8f5e-0d3f0a4f9c21",
          requestId: "e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11",
          correlationId: "nightly-2026-11-22/17",
          requestSource: "crm-sync",
          target: "marketo",
          instance: "123-ABC-456",
          objectType: "customObject",
          objectName: "purchases",
          operation: "upsert",
          priority: "normal",
          records: 100,
          submittedAt: "2026-11-22T02:00:00.000Z",
          respondedAt: "2026-11-22T02:00:00.180Z",
          serverTime: "Sun, 22 Nov 2026 02:00:00 GMT",
          httpStatus: 202,
          linkField: "email",
          labels: { job: "backfill-90d", chunk: "12" },
        },
      ],
    },
  ),
);

const stored = Type.Object(
  {
    submissionId: text("As it was sent."),
    requestId: text("The request that it is filed under: ask for this one."),
    status: Type.Enum(["stored"], { description: "It is durable." }),
  },
  { ...closed, description: "A submission that is stored." },
);

const refused = Type.Object(
  {
    index: count("Its place in what was sent, from 0; empty lines do not count."),
    status: Type.Enum(["invalid"], { description: "It was not stored; sent unchanged it never will be." }),
    error: Type.Object(
      {
        code: Type.Enum(["INPUT_INVALID", "INPUT_UNREADABLE"], { description: "What is wrong with it." }),
        message: text("The first fault, in words."),
        details: Type.Optional(Type.Unknown({ description: "All faults: `[{field, message}]`." })),
      },
      { ...closed, description: "Why." },
    ),
  },
  { ...closed, description: "A submission that was refused." },
);

const answer = named(
  "SubmissionAnswer",
  Type.Object(
    {
      items: Type.Array(Type.Union([stored, refused]), { description: "One for each submission, in order." }),
      stored: count("How many are stored."),
      invalid: count("How many were refused."),
    },
    {
      ...closed,
      description: "What became of each submission. Some may be refused while others are stored.",
    },
  ),
);

export const SUBMISSION_SCHEMAS = [submission, answer];
