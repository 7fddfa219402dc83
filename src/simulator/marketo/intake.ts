/**
 * From an HTTP request to an accepted request, or to a refusal with a documented code.
 *
 * The gateway's checks come first (token, rate), then the service's (headers, body, limits, quota), as upstream.
 */
import { requestDirective, withoutDirective } from "../directives.ts";
import type { SimulatorSettings } from "../options.ts";
import { SIMULATED } from "../options.ts";
import type { Random } from "../random.ts";
import type { TruthRow } from "../truth.ts";
import { linkValue, type AttemptTarget } from "./attempt.ts";
import { behaviourOf, fatesOf } from "./behaviour.ts";
import type { Database } from "./database.ts";
import { isRecord, type Endpoint, type RecordBody } from "./endpoints.ts";
import { isErrorCode, Refusal } from "./error-codes.ts";
import type { AcceptedRequest } from "./processor.ts";
import type { Quota } from "./quota.ts";

/** What is known of a request before its body is looked at. */
export interface Envelope {
  readonly requestId: string;
  readonly instance: string;
  readonly endpoint: Endpoint;
  readonly objectName: string | null;
  readonly userToken: string;
  readonly correlationId: string;
  readonly requestSource: string;
  readonly receivedAtMs: number;
  /** The request's own sequence. */
  readonly random: Random;
}

const MAX_CORRELATION_ID = 255;
const MAX_REQUEST_SOURCE = 50;

/** @throws {Refusal} when the gateway would not let the request through */
export function admit(envelope: Envelope, settings: SimulatorSettings, quota: Quota): void {
  if (envelope.userToken === "") throw new Refusal("403010");
  if (envelope.userToken !== SIMULATED.userToken) throw new Refusal("401013");
  const { instances } = settings.marketo;
  if (instances.length > 0 && !instances.includes(envelope.instance)) throw new Refusal("4030801");
  quota.admitRequest(envelope.receivedAtMs);
  if (envelope.correlationId.length > MAX_CORRELATION_ID) {
    throw new Refusal("4000801", `X-Correlation-Id has more than ${MAX_CORRELATION_ID} characters`);
  }
  if (envelope.requestSource.length > MAX_REQUEST_SOURCE) {
    throw new Refusal("4000801", `X-Request-Source has more than ${MAX_REQUEST_SOURCE} characters`);
  }
}

/** @throws {Refusal} 4000801 */
export function parseBody(text: unknown): RecordBody {
  let body: unknown;
  try {
    body = JSON.parse(String(text));
  } catch {
    throw new Refusal("4000801", "the body is not JSON");
  }
  if (!isRecord(body)) throw new Refusal("4000801", "the body is not a JSON object");
  return body;
}

/** @throws {Refusal} when the service would not take the request */
export function accept(
  envelope: Envelope,
  body: RecordBody,
  settings: SimulatorSettings,
  quota: Quota,
  database: Database,
): AcceptedRequest {
  const { endpoint, objectName, random } = envelope;
  const directive = requestDirective(body);
  if (directive.reject !== undefined && isErrorCode(directive.reject)) throw new Refusal(directive.reject);
  const records = endpoint.records(body);
  if (records.length > settings.marketo.maxRecords) {
    throw new Refusal("4000802", `more than ${settings.marketo.maxRecords} objects`);
  }
  const priority = body["priority"] ?? "normal";
  if (priority !== "normal" && priority !== "high") {
    throw new Refusal("4000802", `"priority" must be normal or high`);
  }
  const target = targetOf(endpoint, objectName, body, settings);
  quota.admitRecords(envelope.receivedAtMs, records.length);

  const truth = truthOf(envelope, 202, {
    priority,
    records: records.length,
    linkBearing: records.some((record) => linkValue(record, target.object) !== undefined),
  });
  return {
    truth,
    acceptedAtMs: envelope.receivedAtMs,
    target,
    database,
    behaviour: behaviourOf(body, settings.marketo, settings.results, random),
    fates: fatesOf(body, records, settings.marketo, random),
    records: records.map(withoutDirective),
    random,
  };
}

/** @throws {Refusal} 4000802 for dedupe settings that the documentation does not know */
function targetOf(
  endpoint: Endpoint,
  objectName: string | null,
  body: RecordBody,
  settings: SimulatorSettings,
): AttemptTarget {
  const isObject = endpoint.objectType === "customObject";
  const known = settings.marketo.customObjects[objectName ?? ""] ?? {
    linkField: "email",
    dedupeFields: ["id"],
  };
  const dedupeBy = body["dedupeBy"] ?? "dedupeFields";
  if (isObject && dedupeBy !== "dedupeFields" && dedupeBy !== "marketoGUID") {
    throw new Refusal("4000802", `"dedupeBy" must be dedupeFields or marketoGUID`);
  }
  const fields = body["dedupeFields"] ?? { field1: "email" };
  const dedupeFields = isRecord(fields) ? [fields["field1"], fields["field2"]] : [];
  const named = dedupeFields.filter((field) => typeof field === "string");
  if (named.length === 0) throw new Refusal("4000802", `"dedupeFields" must name field1`);
  return {
    endpoint,
    objectName,
    object: !isObject
      ? null
      : dedupeBy === "marketoGUID"
        ? { ...known, dedupeFields: ["marketoGUID"] }
        : known,
    dedupeFields: named,
  };
}

/** A fresh row of the books; a refused request is settled at once. */
export function truthOf(
  envelope: Envelope,
  httpStatus: number,
  content: Pick<TruthRow, "priority" | "records" | "linkBearing">,
): TruthRow {
  const at = new Date(envelope.receivedAtMs).toISOString();
  return {
    requestId: envelope.requestId,
    correlationId: envelope.correlationId,
    requestSource: envelope.requestSource,
    instance: envelope.instance,
    objectType: envelope.endpoint.objectType,
    objectName: envelope.objectName,
    operation: envelope.endpoint.operation,
    ...content,
    httpStatus,
    acceptedAt: at,
    created: 0,
    updated: 0,
    failed: {},
    superseded: {},
    lost: 0,
    eventIds: [],
    dropped: 0,
    outcome: httpStatus === 202 ? "pending" : "rejected",
    settledAt: httpStatus === 202 ? null : at,
  };
}
