/**
 * A call to `fetch` as the recorder sees it: its address, its headers, and a body if that can be read without consuming it.
 */
import type { ReadableBody } from "./body-reading.ts";

/** What any fetch takes. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface Call {
  readonly url: string | URL;
  /** Default: GET. */
  readonly method?: string | undefined;
  /** In any of the forms that fetch takes. */
  readonly headers?: unknown;
  /** A text or bytes; anything else is left alone. */
  readonly body?: unknown;
}

export function callOf(input: string | URL | Request, init: RequestInit | undefined): Call {
  if (typeof input === "string" || input instanceof URL) {
    return { url: input, method: init?.method, headers: init?.headers, body: init?.body };
  }
  return {
    url: input.url,
    method: init?.method ?? input.method,
    headers: init?.headers ?? input.headers,
    body: init?.body,
  };
}

/** @returns undefined for a stream, a form and the like */
export function readableBody(body: unknown): ReadableBody | undefined {
  if (typeof body === "string") return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return undefined;
}

/** What the caller has set of the headers that the recorder would add; undefined where it is not set. */
export interface OwnHeaders {
  correlationId: string | undefined;
  requestSource: string | undefined;
  traceparent: string | undefined;
}

export function ownHeadersOf(headers: unknown): OwnHeaders {
  const own: OwnHeaders = { correlationId: undefined, requestSource: undefined, traceparent: undefined };
  for (const [key, value] of headerPairs(headers)) {
    const name = String(key).toLowerCase();
    if (name === "x-correlation-id") own.correlationId = String(value);
    else if (name === "x-request-source") own.requestSource = String(value);
    else if (name === "traceparent") own.traceparent = String(value);
  }
  return own;
}

/** The caller's headers, in their own form where that can be added to, and the others. */
export function withHeaders(
  headers: unknown,
  added: Readonly<Record<string, string>>,
): NonNullable<RequestInit["headers"]> {
  if (headers === undefined || headers === null) return added;
  if (isIterable(headers)) return [...(headers as Iterable<[string, string]>), ...Object.entries(added)];
  return { ...(headers as Record<string, string>), ...added };
}

function headerPairs(headers: unknown): Iterable<readonly [unknown, unknown]> {
  if (typeof headers !== "object" || headers === null) return [];
  return isIterable(headers) ? (headers as Iterable<[unknown, unknown]>) : Object.entries(headers);
}

function isIterable(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
