/**
 * Alerts as the API gives them: what hooks are told, and what only the service knows of it.
 */
import { Type } from "typebox";
import { ALERT_RULES } from "../../core/alert.ts";
import { MOST_REQUESTS } from "../../core/missing-persons.ts";
import { closed, count, countsByCode, named, ref, text, time, timeOrNull } from "./field.ts";

export const ALERT_STATUSES = ["firing", "resolved", "recovered"] as const;

const SAMPLE_ALERT = {
  id: "9124873350110224",
  type: "link-retry-exhausted",
  status: "firing",
  severity: "critical",
  evidence: "inferred",
  startsAt: "2026-11-22T03:10:00.000Z",
  endsAt: null,
  group: { instance: "123-ABC-456", objectName: "purchases" },
  summary: "3 requests of purchases on 123-ABC-456 ran out of retries: 12 records without an outcome.",
  requests: { count: 3, sample: ["e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11"] },
  records: { outstanding: 12, failed: { "1004": 7 } },
  missingPersons: { count: 12, sample: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"] },
  links: {
    self: "https://after202.example.com/v1/alerts/9124873350110224",
    page: "https://after202.example.com/#/alerts/9124873350110224",
  },
  reason: "no result until the deadline",
  acknowledgedAt: null,
  acknowledgedBy: null,
  silencedBy: null,
};

const group = Type.Object(
  {
    instance: Type.Optional(text("The Marketo instance.")),
    objectName: Type.Optional(text("The custom object.")),
    source: Type.Optional(text("The journal, queue or way in: of alerts about the stream.")),
  },
  { ...closed, description: "What the alert is about; what does not apply is left out." },
);

const FIELDS = {
  id: text("The alert's id."),
  type: Type.Enum([...ALERT_RULES], { description: "The rule that fired." }),
  status: Type.Enum([...ALERT_STATUSES], {
    description: "`resolved`: it is over. `recovered`: a late success undid it.",
  }),
  severity: Type.Enum(["info", "warning", "critical"], { description: "How bad it is." }),
  evidence: Type.Enum(["observed", "inferred"], {
    description:
      "`observed`: an event or a response says so. `inferred`: it follows from silence and the clock.",
  }),
  startsAt: time("When it began to fire."),
  endsAt: timeOrNull("When it ended."),
  group,
  summary: text("What it says, in one sentence: as the hooks are told."),
  requests: Type.Object(
    {
      count: count("How many requests are behind it."),
      sample: Type.Array(Type.String(), { description: "Some of their ids, the oldest first." }),
    },
    { ...closed, description: "The requests behind it." },
  ),
  records: Type.Object(
    {
      outstanding: count("Records without an outcome."),
      failed: countsByCode("Failed records by code."),
    },
    { ...closed, description: "The records of these requests." },
  ),
  missingPersons: Type.Optional(
    Type.Object(
      {
        count: count(
          `Distinct link values without a person when the hooks were last told; of more than ${MOST_REQUESTS} requests, ` +
            "those of the newest.",
        ),
        sample: Type.Array(Type.String(), { description: "Some of their digests." }),
      },
      { ...closed, description: "Of alerts about link fields, where submissions told link values." },
    ),
  ),
  links: Type.Object(
    { self: text("This alert in the API."), page: text("This alert on the web page.") },
    { ...closed, description: "Where to read on." },
  ),
  reason: text("Why the rule judges so."),
  acknowledgedAt: timeOrNull("When somebody took it on."),
  acknowledgedBy: Type.Union([Type.String(), Type.Null()], { description: "Who took it on." }),
  silencedBy: Type.Union([Type.String(), Type.Null()], {
    description: "Id of the silence that keeps the hooks quiet about it now.",
  }),
};

const alert = named(
  "Alert",
  Type.Object(FIELDS, {
    ...closed,
    description: "A rule and a group, from the first finding to the end.",
    examples: [SAMPLE_ALERT],
  }),
);

const alertEvent = Type.Object(
  {
    at: time("When."),
    what: text("What happened: `firing`, `grown`, `notified`, `acknowledged`, `resolved` …"),
    reason: text("Why, in words."),
  },
  { ...closed, description: "A line of the history." },
);

const delivery = Type.Object(
  {
    deliveryId: text("The idempotency key: the `webhook-id` of every attempt."),
    hook: text("Name of the hook."),
    status: Type.Enum(["pending", "delivered", "undeliverable"], {
      description: "`undeliverable`: given up after a day, or refused for good.",
    }),
    attempts: count("How often it was tried."),
    createdAt: time("When it was made."),
    nextAt: timeOrNull("When it will be tried next; null when it will not."),
    changedAt: time("When this was last true."),
    lastError: text("Why the last attempt failed; else empty."),
  },
  { ...closed, description: "A notification to one hook." },
);

const alertDetail = named(
  "AlertDetail",
  Type.Object(
    {
      ...FIELDS,
      history: Type.Array(alertEvent, { description: "What became of it, in the order of time." }),
      deliveries: Type.Array(delivery, { description: "Who was told, and whether it arrived." }),
    },
    { ...closed, description: "An alert with its history." },
  ),
);

const alertList = named(
  "AlertList",
  Type.Object(
    {
      items: Type.Array(ref("Alert"), { description: "A page of alerts." }),
      nextCursor: Type.Union([Type.String(), Type.Null()], {
        description: "Where the list goes on; null at its end.",
      }),
    },
    { ...closed, description: "A page of alerts." },
  ),
);

export const acknowledgement = named(
  "Acknowledgement",
  Type.Object(
    {
      by: Type.String({ minLength: 1, maxLength: 256, description: "Who takes it on." }),
      comment: Type.Optional(
        Type.String({ maxLength: 2_000, description: "What others should know; goes into the history." }),
      ),
    },
    { ...closed, description: "Takes an alert on: it is not repeated.", examples: [{ by: "ana" }] },
  ),
);

export const hookTest = named(
  "HookTest",
  Type.Object(
    {
      hook: Type.Optional(
        Type.String({ minLength: 1, maxLength: 256, description: "The hook to try; all when absent." }),
      ),
    },
    { ...closed, description: "Which hooks to try.", examples: [{ hook: "slack" }] },
  ),
);

const hookTestReport = named(
  "HookTestReport",
  Type.Object(
    {
      hooks: Type.Array(
        Type.Object(
          {
            hook: text("Name of the hook."),
            outcome: text("`delivered` or `failed`."),
            reason: Type.Optional(text("Why it was not delivered.")),
          },
          { ...closed, description: "What became of the attempt." },
        ),
        { description: "One for each hook that was tried." },
      ),
    },
    { ...closed, description: "What became of the test." },
  ),
);

export const ALERT_SCHEMAS = [alert, alertDetail, alertList, acknowledgement, hookTest, hookTestReport];
