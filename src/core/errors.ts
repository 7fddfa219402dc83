/**
 * The error catalogue: every code that after202 answers, logs or writes into a dead letter.
 *
 * Codes are public and stay. Status and retryability live here and nowhere else.
 */

interface ErrorEntry {
  /** HTTP status with which the API answers it. */
  readonly status: number;
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean;
  readonly meaning: string;
}

const entry = (status: number, retryable: boolean, meaning: string): ErrorEntry => ({
  status,
  retryable,
  meaning,
});

export const ERROR_CATALOGUE = {
  REQUEST_UNKNOWN: entry(404, false, "No fact of this request id has arrived (yet)."),
  CORRELATION_UNKNOWN: entry(404, false, "No request carries this correlation id."),
  ALERT_UNKNOWN: entry(404, false, "No alert has this id."),
  SILENCE_UNKNOWN: entry(404, false, "No silence that holds, or will, has this id."),
  DEAD_LETTER_UNKNOWN: entry(404, false, "No dead letter has this id, or none any more."),
  HOOK_UNKNOWN: entry(404, false, "No alert hook has this name."),
  ALERTS_STANDBY: entry(
    503,
    true,
    "No process that runs alerting has taken it on within seconds; look, or ask again.",
  ),
  ROUTE_UNKNOWN: entry(404, false, "There is no such route; see /docs."),
  METHOD_NOT_ALLOWED: entry(405, false, "The route exists, but not for this method."),
  INPUT_INVALID: entry(400, false, "The input does not fit its schema; details name the fields."),
  INPUT_UNREADABLE: entry(400, false, "The body cannot be read: not JSON, not UTF-8, or cut off."),
  MEDIA_TYPE_UNSUPPORTED: entry(415, false, "The Content-Type is not one that this route reads."),
  CURSOR_INVALID: entry(400, false, "The paging cursor is not one that this list gave out."),
  BODY_TOO_LARGE: entry(413, false, "The body is over the limit of the route; send it in parts."),
  TOO_MANY_REQUESTS: entry(429, true, "This client asks too often; Retry-After says when to ask again."),
  UPGRADE_REQUIRED: entry(426, false, "This address speaks WebSocket only."),
  FOLLOWER_TOO_SLOW: entry(429, true, "A follower of the live feed did not read what it was sent."),
  KEY_MISSING: entry(401, false, "No API key was sent: Authorization: Bearer or X-Api-Key."),
  KEY_INVALID: entry(401, false, "The API key is unknown or revoked."),
  SCOPE_MISSING: entry(403, false, "The API key lacks the scope that this route needs."),
  SIGNATURE_INVALID: entry(401, false, "Neither digital signature of the webhook fits the body."),
  SIGNATURE_KEY_UNAVAILABLE: entry(
    503,
    true,
    "The public key for the webhook's signature could not be loaded.",
  ),
  RECIPIENT_MISMATCH: entry(403, false, "The event is meant for another client id than ADOBE_CLIENT_ID."),
  VALIDATION_URL_REFUSED: entry(400, false, "The validation URL is not one of Adobe's."),
  VALIDATION_FAILED: entry(502, true, "The validation URL did not answer with 2xx."),
  JOURNAL_UNKNOWN: entry(
    404,
    false,
    "This process reads no journal of this name; one with the role ingest does.",
  ),
  REPAIR_UNKNOWN: entry(404, false, "No reading of a journal has this id."),
  BACKFILL_RUNNING: entry(409, true, "The journal is being read again already; one reading at a time."),
  JOURNAL_SILENT: entry(503, true, "The journal gave nothing for too long; reading it again was given up."),
  BUFFER_FULL: entry(503, true, "More is arriving than can be stored; nothing was taken, send it again."),
  STORE_UNAVAILABLE: entry(503, true, "ClickHouse does not answer; nothing was lost, send it again."),
  STORE_QUERY_FAILED: entry(500, false, "ClickHouse refused a query; the log has its message."),
  SHUTTING_DOWN: entry(503, true, "The service is stopping; send it again to the next one."),
  REPROCESS_RUNNING: entry(409, true, "This process runs events again already; wait until that has ended."),
  INTERNAL: entry(
    500,
    false,
    "A fault of after202's own; the log has the details under the same request id.",
  ),
  DATA_DIR_LOCKED: entry(500, false, "Another process uses this DATA_DIR."),
  MIGRATION_CHANGED: entry(500, false, "A migration that was applied before has been changed since."),
  MIGRATION_FAILED: entry(500, false, "A migration could not be applied."),
  SCHEMA_NEWER: entry(500, false, "The database was made by a newer after202; upgrade this one."),
  CONFIG_INVALID: entry(500, false, "Settings are wrong or unknown; the message names all of them."),
  PORT_IN_USE: entry(500, false, "Another program listens on this port."),
  SERVICE_UNREACHABLE: entry(503, true, "No after202 answers at AFTER202_URL."),
  SPOOL_UNWRITABLE: entry(
    503,
    true,
    "The recorder cannot write its spool directory; what it records waits in memory, within bounds.",
  ),
  SPOOL_FULL: entry(503, true, "The recorder's spool is full: what comes is not recorded until it empties."),
  QUOTA_NEARLY_USED: entry(429, true, "The upstream's daily quota would not last for it; nothing was sent."),
  RECORD_TOO_LARGE: entry(413, false, "One record alone is over the upstream's limit for a request."),
  PAGE_UNREADABLE: entry(
    422,
    false,
    "A journal page or batch is not JSON; its bytes are in the dead letter.",
  ),
  EVENT_UNREADABLE: entry(422, false, "An event is not JSON: cut off, or not JSON at all."),
  EVENT_NOT_UTF8: entry(422, false, "An event holds bytes that are not UTF-8."),
  EVENT_INVALID: entry(422, false, "An event lacks what the fold needs, or has it in a wrong type."),
  EVENT_TYPE_UNKNOWN: entry(422, false, "An event is of a type that after202 does not know."),
  EVENT_TOO_LARGE: entry(422, false, "An event is larger than 2 MB."),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The one error class: a code of the catalogue, a message that says what to do, and the cause. */
export class After202Error extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: { details?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "After202Error";
    this.code = code;
    this.details = options.details;
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  get retryable(): boolean {
    return ERROR_CATALOGUE[this.code].retryable;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}
