/**
 * What came of a call: the part of a submission that only the answer, or the failure to get one, can tell.
 */
import { isObject, type JsonObject } from "../core/json.ts";
import type { SubmissionInput } from "../core/submission.ts";

/** An answer as any client has it. */
export interface Answer {
  readonly status: number;
  /** Names in lower case, or something that is asked with `get`. */
  readonly headers: HeaderSource;
  /** The body of an answer that is no 2xx, or of a bulk job's creation: the beginning of it is enough, and it may come later. */
  readonly body?: string | undefined | Promise<string | undefined | void>;
}

export type HeaderSource =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export type Outcome = Pick<
  SubmissionInput,
  "requestId" | "respondedAt" | "serverTime" | "httpStatus" | "errorCode" | "errorMessage"
>;

const MAX_CODE = 255;
const MAX_MESSAGE = 2_000;
const MAX_REQUEST_ID = 1_024;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** @param atMs when it was seen */
export function answeredOutcome({ status, headers }: Answer, body: string, atMs: number): Outcome {
  const requestId = headerOf(headers, "x-request-id").slice(0, MAX_REQUEST_ID);
  const date = headerOf(headers, "date");
  return {
    ...(requestId === "" ? {} : { requestId }),
    respondedAt: new Date(atMs).toISOString(),
    ...(HTTP_DATE.test(date) ? { serverTime: date } : {}),
    httpStatus: status,
    ...(status < 300 ? {} : errorOf(body)),
  };
}

/** Timeout, reset, abort: what the client says of it. */
export function failedOutcome(error: unknown, atMs: number): Outcome {
  const causes: unknown[] = [];
  for (let one = error; one instanceof Error && causes.length < 4; one = one.cause) causes.push(one);
  const codes = causes.flatMap((one) => (isCoded(one) ? [one.code] : []));
  const last = causes.at(-1);
  const name = error instanceof Error ? error.name : "Error";
  return {
    respondedAt: new Date(atMs).toISOString(),
    errorCode: (codes[0] ?? name).slice(0, MAX_CODE),
    errorMessage: (last instanceof Error ? last.message : String(error)).toWellFormed().slice(0, MAX_MESSAGE),
  };
}

/** Marketo: `{error_code, message}`; Data Cloud: `{error, message}`, `{errorCode, message}`, or a list of those. */
function errorOf(body: string): Pick<Outcome, "errorCode" | "errorMessage"> {
  const parsed = parse(body);
  const code = textAt(parsed, "error_code", "errorCode", "error", "code");
  const message = textAt(parsed, "message", "error_description", "details") || body.slice(0, 200);
  return {
    ...(code === "" ? {} : { errorCode: code.toWellFormed().slice(0, MAX_CODE) }),
    ...(message === "" ? {} : { errorMessage: message.toWellFormed().slice(0, MAX_MESSAGE) }),
  };
}

/** The object that an answer holds; of a list the first one; empty when it is neither. */
export function parse(body: string): JsonObject {
  try {
    const [first] = [JSON.parse(body) as unknown].flat();
    return isObject(first) ? first : {};
  } catch {
    return {};
  }
}

/** The first of these members that is a text or a number. */
export function textAt(object: JsonObject, ...names: readonly string[]): string {
  for (const name of names) {
    const value = object[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return "";
}

function headerOf(headers: HeaderSource, name: string): string {
  if (typeof headers.get === "function") return headers.get(name) ?? "";
  const value = (headers as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  return (typeof value === "string" ? value : value?.[0]) ?? "";
}

function isCoded(error: unknown): error is { code: string } {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";
}
