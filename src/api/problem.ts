/**
 * Answers that tell what went wrong: `{"error":{"code","message","details"}}`, with the catalogue's status.
 *
 * Every fault ends here, fastify's own included. What is not ours to tell (statements, stacks, addresses)
 * stays in the log, under the id that the answer names.
 */
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { After202Error, ERROR_CATALOGUE, type ErrorCode } from "../core/errors.ts";

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: unknown;
}

/** Seconds after which a call may be repeated, by code; 5 for any other retryable one. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = { TOO_MANY_REQUESTS: 1, BUFFER_FULL: 1 };

/** Codes whose messages are written by the store and name its inner life. */
const PRIVATE: ReadonlySet<ErrorCode> = new Set(["STORE_UNAVAILABLE", "STORE_QUERY_FAILED"]);

export function problemOf(error: After202Error): Problem {
  const { code, message, details } = error;
  return { code, message, ...(details === undefined ? {} : { details }) };
}

/** Answers any fault, and logs those that are not the caller's; `count` gets the code of each. */
export function problemHandler(count: (code: ErrorCode) => void) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = error instanceof After202Error ? error : fromFramework(error);
    logProblem(request.log, known, error);
    count(known.code);
    if (known.retryable) {
      void reply.header("retry-after", String(RETRY_AFTER_SECONDS[known.code] ?? 5));
    }
    if (known.status === 401) void reply.header("www-authenticate", 'Bearer realm="after202"');
    return reply
      .code(known.status)
      .type("application/json; charset=utf-8")
      .send({ error: problemOf(tellable(known, request.id)) });
  };
}

/** The error as a stranger may read it. */
export function tellable(error: After202Error, logId: string): After202Error {
  if (error.status !== 500 && !PRIVATE.has(error.code)) return error;
  const { meaning } = ERROR_CATALOGUE[error.code];
  return new After202Error(error.code, `${meaning} Look for ${logId} in the log.`, { details: { logId } });
}

function logProblem(log: FastifyBaseLogger, known: After202Error, cause: unknown): void {
  if (known.status >= 500) log.error({ err: cause, code: known.code }, "request failed");
  else log.debug({ code: known.code, reason: known.message }, "request refused");
}

const FRAMEWORK_CODES: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["BODY_TOO_LARGE", "The body is over this route's limit; send it in parts."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    "MEDIA_TYPE_UNSUPPORTED",
    "This route does not read this Content-Type; /docs lists those that it reads.",
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["INPUT_UNREADABLE", "The body is not as long as Content-Length says."],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["INPUT_UNREADABLE", "The body is empty; send JSON."],
  FST_ERR_BAD_URL: ["INPUT_INVALID", "The path is not URL-encoded correctly; encode % as %25."],
  ERR_STREAM_PREMATURE_CLOSE: [
    "INPUT_UNREADABLE",
    "The connection ended before the body did; send it again.",
  ],
  ECONNRESET: ["INPUT_UNREADABLE", "The connection ended before the body did; send it again."],
};

function fromFramework(error: unknown): After202Error {
  const code = error instanceof Error ? (error as FastifyError).code : undefined;
  const [known, message] = FRAMEWORK_CODES[code ?? ""] ?? ["INTERNAL", "Unexpected."];
  return new After202Error(known, message, { cause: error });
}
