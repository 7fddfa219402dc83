/**
 * What a text about an alert may say: the placeholders, and their values for one alert.
 *
 * Numbers come with their noun where a sentence needs it ("1 request", "12 records").
 */
import type { AlertPayload } from "../core/alert-ports.ts";

/** Known of every payload, and so in every text. */
const PAYLOAD_PLACEHOLDERS = {
  rule: "the rule's name",
  status: "firing, resolved, recovered",
  severity: "info, warning, critical",
  evidence: "observed, inferred",
  instance: "the upstream's instance",
  objectName: "the object's name",
  source: "a journal, a queue",
  subject: "what it is about: purchases (123-ABC-456)",
  count: "requests, a number",
  requests: "requests with their noun: 3 requests",
  have: "has, have: after {{requests}}",
  are: "is, are: after {{requests}}",
  outstanding: "records never reported, with their noun",
  failed: "records reported as failed, with their noun",
  records: "both together, with their noun: 12 records",
  sample: "ids of some requests",
  missing: "link values without a person, a number; empty where not known",
  startsAt: "RFC 3339",
  endsAt: "RFC 3339; empty while it fires",
} as const;

export type PayloadPlaceholder = keyof typeof PAYLOAD_PLACEHOLDERS;
export type PayloadValues = Readonly<Record<PayloadPlaceholder, string>>;

/** What each kind of text may say besides. A summary is made first, and knows the rule's reason. */
export const PLACEHOLDERS = {
  summary: {
    ...PAYLOAD_PLACEHOLDERS,
    reason: "what the rule found",
    persons: "'; 12 of 100 have no person yet; 23 minutes left', or nothing: put it behind a sentence",
  },
  title: { ...PAYLOAD_PLACEHOLDERS, summary: "the summary" },
  description: { ...PAYLOAD_PLACEHOLDERS, summary: "the summary" },
} as const;

export function payloadValues(payload: Omit<AlertPayload, "summary">): PayloadValues {
  const { group, requests, records } = payload;
  const failed = Object.values(records.failed).reduce((sum, count) => sum + count, 0);
  return {
    rule: payload.type,
    status: payload.status,
    severity: payload.severity,
    evidence: payload.evidence,
    instance: group.instance ?? "",
    objectName: group.objectName ?? "",
    source: group.source ?? "",
    subject: subjectOf(group),
    count: String(requests.count),
    requests: counted(requests.count, "request"),
    have: requests.count === 1 ? "has" : "have",
    are: requests.count === 1 ? "is" : "are",
    outstanding: counted(records.outstanding, "record"),
    failed: counted(failed, "record"),
    records: counted(records.outstanding + failed, "record"),
    sample: requests.sample.join(", "),
    missing: payload.missingPersons === undefined ? "" : String(payload.missingPersons.count),
    startsAt: payload.startsAt,
    endsAt: payload.endsAt ?? "",
  };
}

function subjectOf({ instance, objectName, source }: AlertPayload["group"]): string {
  const what = objectName || source || "";
  if (what === "") return instance || "the stream";
  return instance ? `${what} (${instance})` : what;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
