/**
 * Access tokens of Adobe's identity service (IMS), by client credentials: there is no refresh token, one asks anew.
 *
 * A token is renewed before it expires; while the renewal fails the old one serves until its end. However many
 * ask at once, one request is on its way.
 */
import type { Dispatcher } from "undici";
import type { Clock } from "../core/ports.ts";
import { exchange } from "./http-exchange.ts";

/** What a source needs to authenticate itself. */
export interface TokenProvider {
  /** A token that is good as far as is known; rejects when none can be had. */
  get(signal?: AbortSignal): Promise<string>;
  /** The other side refused it: the next `get` asks for a new one. */
  invalidate(token: string): void;
}

export interface ImsOptions {
  /** Default https://ims-na1.adobelogin.com. */
  readonly url?: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  readonly clock: Clock;
  readonly dispatcher?: Dispatcher;
  readonly timeoutMs?: number;
}

const DEFAULT_URL = "https://ims-na1.adobelogin.com";
const PATH = "ims/token/v3";
const RENEW_AT_SHARE = 0.9;
const RENEW_BEFORE_MS = 5 * 60_000;
/** After a renewal that failed, while the old token still serves. */
const RENEW_AGAIN_MS = 10_000;
const MAX_ANSWER_BYTES = 256 * 1024;

interface Token {
  readonly text: string;
  readonly expiresAt: number;
  renewAt: number;
}

/** A provider for a token that somebody else keeps fresh. */
export function fixedToken(token: string): TokenProvider {
  return { get: () => Promise.resolve(token), invalidate: () => undefined };
}

export function createImsToken(options: ImsOptions): TokenProvider {
  const { clock } = options;
  let current: Token | undefined;
  let renewal: Promise<Token> | undefined;

  function renew(): Promise<Token> {
    renewal ??= requestToken(options)
      .then((token) => (current = token))
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  }

  return {
    async get(signal) {
      signal?.throwIfAborted();
      const known = current;
      const now = clock.now();
      if (known === undefined || known.expiresAt <= now) return (await renew()).text;
      if (known.renewAt <= now) {
        known.renewAt = now + RENEW_AGAIN_MS;
        renew().catch(() => undefined); // the old token serves on; the next renewal tells if it does not
      }
      return known.text;
    },
    invalidate(token) {
      if (current?.text === token) current = undefined;
    },
  };
}

async function requestToken(options: ImsOptions): Promise<Token> {
  const base = options.url ?? DEFAULT_URL;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: options.clientId,
    client_secret: options.clientSecret,
    scope: options.scopes.join(","),
  });
  const answer = await exchange(new URL(PATH, base.endsWith("/") ? base : `${base}/`), {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: form.toString(),
    timeoutMs: options.timeoutMs ?? 15_000,
    maxBytes: MAX_ANSWER_BYTES,
    dispatcher: options.dispatcher,
  });
  const body = readAnswer(answer.body);
  if (answer.status !== 200) {
    const told = typeof body["error"] === "string" ? `: ${body["error"].slice(0, 100)}` : "";
    throw new Error(`the identity service answered ${answer.status}${told}`);
  }
  const { access_token: text, expires_in: expiresIn } = body;
  if (typeof text !== "string" || text === "")
    throw new Error("the identity service's answer has no access_token");
  const lifeMs = Math.max(1, Number(expiresIn) || 3_600) * 1_000;
  const now = options.clock.now();
  // five minutes before the end at the latest; a token that lives shorter than that, at nine tenths
  const early = lifeMs > 2 * RENEW_BEFORE_MS ? lifeMs - RENEW_BEFORE_MS : lifeMs;
  return { text, expiresAt: now + lifeMs, renewAt: now + Math.min(lifeMs * RENEW_AT_SHARE, early) };
}

function readAnswer(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
