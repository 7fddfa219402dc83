/**
 * A receiver of alerts over HTTP: one POST, bounded in time, and what its answer means.
 *
 * delivered: 2xx. retry: 408, 429, 5xx, network faults, no answer in time. refused: every other answer, redirects (which
 * are never followed), and a receiver without a permitted address. Reasons never hold a URL or a secret.
 */
import type { Agent, Dispatcher } from "undici";
import type { HookOutcome } from "../../core/alert-ports.ts";
import type { Clock } from "../../core/ports.ts";
import { createTargetAgent, PrivateTargetError, type Resolve } from "../target-agent.ts";
import { parseTarget, PERMISSION } from "../target.ts";
import { parseRetryAfter } from "../../core/retry-after.ts";

/** What every hook over HTTP takes. */
export interface ReceiverOptions {
  /** http or https; `user:password@` becomes Basic authentication. */
  readonly url: string;
  readonly clock: Clock;
  /** Permits private, loopback and link-local addresses; default false. */
  readonly allowPrivate?: boolean;
  /** For connection and answer together; default 10 s. */
  readonly timeoutMs?: number;
  /** Default: the system's. */
  readonly resolve?: Resolve;
}

export interface Receiver {
  /** Never rejects. */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HookOutcome>;
}

const TIMEOUT_MS = 10_000;
/** Of an answer that says why: so much is read, and so much is told. */
const READ_BYTES = 4_096;
const TOLD_CHARACTERS = 200;

/**
 * @param hook its name, for messages
 * @param secrets texts that a receiver may echo and nobody may read; the URL's own parts are added
 * @throws After202Error CONFIG_INVALID: a URL that may not be used
 */
export function openReceiver(
  hook: string,
  options: ReceiverOptions,
  secrets: readonly string[] = [],
): Receiver {
  const { clock, allowPrivate = false, timeoutMs = TIMEOUT_MS, resolve } = options;
  const url = parseTarget(options.url, { hook, allowPrivate });
  const authorization = basicAuth(url);
  const hidden = [...secrets, ...secretParts(url), authorization?.authorization.slice("Basic ".length) ?? ""];
  url.username = "";
  url.password = "";
  url.hash = "";
  const agent = createTargetAgent({
    allowPrivate,
    connectTimeoutMs: timeoutMs,
    ...(resolve === undefined ? {} : { resolve }),
  });
  return {
    async post(body, headers, signal) {
      const all = {
        "content-type": "application/json",
        "user-agent": "after202",
        ...authorization,
        ...headers,
      };
      try {
        const answer = await exchange(agent, url, { body, headers: all, timeoutMs, signal });
        return judge(answer, clock.now(), hidden);
      } catch (error) {
        return judgeFault(error);
      }
    },
  };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | string[] | undefined;
  /** Why, where it is not 2xx. */
  readonly text: string;
}

interface Exchange {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function exchange(
  agent: Agent,
  url: URL,
  { body, headers, timeoutMs, signal }: Exchange,
): Promise<Answer> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => stop.abort(new NoAnswerError(timeoutMs)), timeoutMs);
  try {
    const { origin, pathname, search } = url;
    const path = `${pathname}${search}`;
    const answer = await agent.request({ origin, path, method: "POST", headers, body, signal: stop.signal });
    const { statusCode: status } = answer;
    return { status, retryAfter: answer.headers["retry-after"], text: await readText(answer.body, status) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** The status has decided by now: what becomes of the body changes nothing. */
async function readText(body: Dispatcher.ResponseData["body"], status: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes >= READ_BYTES) break; // leaving the loop ends the connection
    }
  } catch {
    // cut off
  }
  return isSuccess(status) ? "" : Buffer.concat(chunks).toString("utf8", 0, READ_BYTES);
}

function judge({ status, retryAfter, text }: Answer, now: number, hidden: readonly string[]): HookOutcome {
  if (isSuccess(status)) return { kind: "delivered" };
  if (status >= 300 && status < 400) {
    return { kind: "refused", reason: `the receiver answered ${status}; redirects are not followed` };
  }
  const why = printable(text, hidden);
  const reason = `the receiver answered ${status}${why === "" ? "" : `: ${why}`}`;
  if (status < 500 && status !== 429 && status !== 408) return { kind: "refused", reason };
  const afterMs = parseRetryAfter(retryAfter, now);
  return { kind: "retry", reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A code is told, a message is not: some libraries put URLs into theirs. */
function judgeFault(error: unknown): HookOutcome {
  const causes = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  if (causes.some((one) => one instanceof PrivateTargetError)) {
    return { kind: "refused", reason: `the receiver has no public address. ${PERMISSION}` };
  }
  if (error instanceof NoAnswerError) return { kind: "retry", reason: error.message };
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return { kind: "retry", reason: `the receiver cannot be reached${code === "" ? "" : ` (${code})`}` };
}

class NoAnswerError extends Error {
  constructor(timeoutMs: number) {
    super(`the receiver did not answer within ${timeoutMs} ms`);
  }
}

function basicAuth({ username, password }: URL): { authorization: string } | undefined {
  if (username === "" && password === "") return undefined;
  const plain = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(plain).toString("base64")}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone %: meant as it stands
  }
}

/** What of a URL may be a key: each part of its path with what follows it, each value of its query; short ones are not. */
function secretParts(url: URL): string[] {
  const path = url.pathname.split("/").slice(1);
  const pieces = [url.href, url.pathname + url.search, url.password, decoded(url.password), ...path];
  for (const at of path.keys()) pieces.push(path.slice(at).join("/"));
  for (const value of url.searchParams.values()) pieces.push(value, encodeURIComponent(value));
  return pieces.filter((piece) => piece.length >= 8);
}

/** One line of what a receiver wrote, without control characters and without what is hidden. */
function printable(text: string, hidden: readonly string[]): string {
  let shown = text;
  for (const secret of hidden.toSorted((a, b) => b.length - a.length)) {
    if (secret !== "") shown = shown.replaceAll(secret, "[hidden]");
  }
  return shown
    .replaceAll(/[\s\p{C}]+/gu, " ")
    .trim()
    .slice(0, TOLD_CHARACTERS);
}
