/**
 * Access tokens of Adobe's identity service (IMS), by client credentials: there is no refresh token, one asks anew.
 */
import type { Dispatcher } from "undici";
import type { Clock } from "../core/ports.ts";
import { exchange, readObject } from "./http-exchange.ts";
import { createRenewingToken, type IssuedToken } from "./renewing-token.ts";

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
const MAX_ANSWER_BYTES = 256 * 1024;

/** A provider for a token that somebody else keeps fresh. */
export function fixedToken(token: string): TokenProvider {
  return { get: () => Promise.resolve(token), invalidate: () => undefined };
}

export function createImsToken(options: ImsOptions): TokenProvider {
  const token = createRenewingToken(options.clock, () => requestToken(options));
  return {
    get: async (signal) => (await token.get(signal)).text,
    invalidate: (text) => token.invalidate(text),
  };
}

async function requestToken(options: ImsOptions): Promise<IssuedToken> {
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
  const body = readObject(answer.body);
  if (answer.status !== 200) {
    const told = typeof body["error"] === "string" ? `: ${body["error"].slice(0, 100)}` : "";
    throw new Error(`the identity service answered ${answer.status}${told}`);
  }
  const { access_token: text, expires_in: expiresIn } = body;
  if (typeof text !== "string" || text === "")
    throw new Error("the identity service's answer has no access_token");
  return { text, lifeMs: Math.max(1, Number(expiresIn) || 3_600) * 1_000 };
}
