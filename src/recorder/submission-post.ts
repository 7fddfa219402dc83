/**
 * One call to `POST /v1/submissions`: which of the lines the service has now, which it calls wrong, or why it has none.
 */
import { After202Error, type ErrorCode, isErrorCode } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { parseRetryAfter } from "../core/retry-after.ts";
import { readBeginning } from "./response-text.ts";

export interface ServiceAddress {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly fetch: typeof globalThis.fetch;
}

/** What the service says of a line that it does not take. */
export interface Refusal {
  readonly index: number;
  readonly error: unknown;
}

export type PostOutcome =
  /** It has all lines but the refused ones. */
  | { readonly kind: "taken"; readonly refused: readonly Refusal[] }
  /** Something in it is wrong, and it does not say which line. */
  | { readonly kind: "wrong"; readonly error: unknown }
  /** This is a bad moment; the same lines may do later. */
  | { readonly kind: "away"; readonly fault: After202Error; readonly retryAfterMs: number | undefined };

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 16 * 1_048_576;
const WRONG = new Set([400, 413, 422]);

export async function postSubmissions(
  { url, apiKey, fetch }: ServiceAddress,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<PostOutcome> {
  try {
    const response = await fetch(`${url}/v1/submissions`, {
      method: "POST",
      headers: {
        "content-type": "application/x-ndjson",
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: lines.join("\n"),
      redirect: "manual", // the key goes to nobody else
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const answer = parse(await readBeginning(response, MAX_ANSWER_BYTES));
    const error = isObject(answer["error"]) ? answer["error"] : {};
    const details = isObject(error["details"]) ? error["details"] : {};
    const items = refusalsOf(response.ok ? answer["items"] : details["items"], lines.length);
    if (items !== undefined && (response.ok || WRONG.has(response.status))) {
      return { kind: "taken", refused: items };
    }
    if (WRONG.has(response.status)) return { kind: "wrong", error };
    const retryAfterMs = parseRetryAfter(response.headers.get("retry-after") ?? undefined, Date.now());
    return { kind: "away", fault: faultOf(response.status, error["code"]), retryAfterMs };
  } catch (cause) {
    const fault = new After202Error("SERVICE_UNREACHABLE", `No answer from ${url}.`, { cause });
    return { kind: "away", fault, retryAfterMs: undefined };
  }
}

/** @returns undefined where the answer does not tell of each line */
function refusalsOf(items: unknown, length: number): Refusal[] | undefined {
  if (!Array.isArray(items) || items.length !== length) return undefined;
  return items.flatMap((item: unknown, index) => {
    if (!isObject(item)) return [{ index, error: undefined }];
    return item["status"] === "stored" ? [] : [{ index, error: item["error"] }];
  });
}

function faultOf(status: number, code: unknown): After202Error {
  const known: ErrorCode = typeof code === "string" && isErrorCode(code) ? code : "SERVICE_UNREACHABLE";
  return new After202Error(known, `after202 answered ${status}; what was recorded waits in the spool.`);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
