/**
 * The way from a command to the running service at AFTER202_URL, with AFTER202_KEY.
 *
 * Built on the runtime's own fetch, which starts fast. Whatever is not an answer of an after202 (nobody there, a proxy's
 * page, a timeout) is SERVICE_UNREACHABLE; errors of the service keep their code, as a ServiceRefusal.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { After202Error, type ErrorCode, isErrorCode } from "../core/errors.ts";

export interface ServiceCall {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: Uint8Array | string;
  readonly contentType?: string;
  /** For the whole exchange, in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ServiceClient {
  /** Without a slash at the end. */
  readonly url: string;
  /** What each call carries: the key, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON of a 2xx answer. @throws ServiceRefusal, After202Error SERVICE_UNREACHABLE */
  ask<T>(path: string, call?: ServiceCall): Promise<T>;
  /**
   * The lines of an answer that goes on, each of them JSON; without a timeout. Ends where the connection breaks: only the
   * last line can say that it is the last.
   *
   * @throws ServiceRefusal, After202Error SERVICE_UNREACHABLE before the first
   */
  lines<T>(path: string, call?: Omit<ServiceCall, "timeoutMs">): AsyncGenerator<T>;
}

/** The service said no: its own code and words. */
export class ServiceRefusal extends After202Error {
  /** From `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: unknown, retryAfterMs: number | undefined) {
    super(code, message, { details });
    this.retryAfterMs = retryAfterMs;
  }
}

class TimedOut extends Error {}

const DEFAULT_URL = "http://127.0.0.1:8202";
const TIMEOUT_MS = 30_000;

/** @throws After202Error CONFIG_INVALID when AFTER202_URL is no URL, or the key's file cannot be read */
export function openServiceClient(env: NodeJS.ProcessEnv = process.env): ServiceClient {
  const url = (env["AFTER202_URL"] || DEFAULT_URL).replace(/\/+$/, "");
  requireUrl(url);
  const key = readKey(env);
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };

  const initOf = ({ method = "GET", body, contentType }: ServiceCall): RequestInit => ({
    method,
    headers: {
      accept: "application/json",
      ...headers,
      ...(contentType === undefined ? {} : { "content-type": contentType }),
    },
    ...(body === undefined ? {} : { body }),
  });

  async function ask<T>(path: string, call: ServiceCall = {}): Promise<T> {
    const { timeoutMs = TIMEOUT_MS, signal } = call;
    signal?.throwIfAborted();
    // a signal made by AbortSignal.any may be collected with its timer still running, so this one is made by hand
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => stop.abort(new TimedOut()), timeoutMs);
    try {
      const response = await fetch(url + path, { ...initOf(call), signal: stop.signal });
      const answer = parse(await response.text());
      if (response.ok && answer !== undefined) return answer as T;
      throw refusalOf(response, answer, url);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof After202Error ? error : unreachable(url, error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async function* lines<T>(path: string, call: ServiceCall = {}): AsyncGenerator<T> {
    const init = { ...initOf(call), ...(call.signal && { signal: call.signal }) };
    const response = await fetch(url + path, init).catch((error: unknown) => {
      throw unreachable(url, error);
    });
    if (!response.ok || response.body === null) throw refusalOf(response, parse(await response.text()), url);
    const input = createInterface({ input: Readable.fromWeb(response.body as ReadableStream) });
    try {
      for await (const line of input) yield JSON.parse(line) as T;
    } catch {
      // cut off: what has come is all there is
    }
  }

  return { url, headers, ask, lines };
}

function requireUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const problem =
    parsed === undefined || !/^https?:$/.test(parsed.protocol)
      ? `AFTER202_URL: expected an http or https URL, got ${JSON.stringify(url)}.`
      : parsed.username !== "" || parsed.password !== ""
        ? "AFTER202_URL: put the key into AFTER202_KEY, not into the URL."
        : undefined;
  if (problem !== undefined) throw new After202Error("CONFIG_INVALID", problem, { details: [problem] });
}

function readKey(env: NodeJS.ProcessEnv): string | undefined {
  const key = env["AFTER202_KEY"]?.trim() || fromFile(env["AFTER202_KEY_FILE"]);
  if (key === undefined || key === "") return undefined;
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const problem = "AFTER202_KEY: a key has no blanks and no special characters.";
  throw new After202Error("CONFIG_INVALID", problem, { details: [problem] });
}

function fromFile(path: string | undefined): string | undefined {
  if (path === undefined || path === "") return undefined;
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    const problem = `AFTER202_KEY_FILE: ${path} cannot be read.`;
    throw new After202Error("CONFIG_INVALID", problem, { details: [problem], cause });
  }
}

function unreachable(url: string, cause: unknown): After202Error {
  const inner = cause instanceof Error ? (cause.cause as NodeJS.ErrnoException | undefined) : undefined;
  const reason =
    cause instanceof TimedOut ? "no answer in time" : (inner?.code ?? inner?.message ?? String(cause));
  return new After202Error(
    "SERVICE_UNREACHABLE",
    `No after202 answers at ${url} (${reason}): start it with \`after202 serve\`, or set AFTER202_URL.`,
    { cause },
  );
}

function refusalOf(response: Response, answer: unknown, url: string): After202Error {
  const { code, message, details } = (answer as { error?: Record<string, unknown> } | undefined)?.error ?? {};
  if (typeof code !== "string" || typeof message !== "string") {
    return new After202Error(
      "SERVICE_UNREACHABLE",
      `What answers at ${url} is no after202 (it says ${response.status}): set AFTER202_URL.`,
    );
  }
  const wait = Number(response.headers.get("retry-after"));
  const retryAfterMs = wait > 0 ? wait * 1_000 : undefined;
  if (isErrorCode(code)) return new ServiceRefusal(code, message + hintFor(code), details, retryAfterMs);
  return new ServiceRefusal("INTERNAL", `${code}: ${message}`, details, retryAfterMs);
}

function hintFor(code: ErrorCode): string {
  return code === "KEY_MISSING" || code === "KEY_INVALID" ? " This command sends AFTER202_KEY." : "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
