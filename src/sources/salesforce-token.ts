/**
 * Access to a Data Cloud tenant: a core token, by a signed assertion (JWT bearer) or given ready, is exchanged for one of the
 * tenant, whose host comes with it.
 */
import { createPrivateKey, sign } from "node:crypto";
import type { Dispatcher } from "undici";
import type { Clock } from "../core/ports.ts";
import { exchange, readObject } from "./http-exchange.ts";
import { createRenewingToken, type IssuedToken, type RenewingToken } from "./renewing-token.ts";
import { instanceOrigin, isLoopbackUrl } from "./salesforce-url.ts";

export interface SalesforceAccess {
  /** Of the assertion: `https://login.salesforce.com`, or `https://test.salesforce.com` for a sandbox. */
  readonly loginUrl: string;
  /** Where the core token is exchanged; undefined: where the login says. Needed with a ready token. */
  readonly orgUrl: string | undefined;
  readonly credentials:
    | {
        readonly kind: "jwt";
        readonly clientId: string;
        readonly username: string;
        readonly privateKey: string;
      }
    | { readonly kind: "token"; readonly token: string };
}

export interface SalesforceTokenOptions extends SalesforceAccess {
  readonly clock: Clock;
  readonly dispatcher?: Dispatcher;
  readonly timeoutMs?: number;
}

export interface TenantToken extends IssuedToken {
  /** Of the tenant's API. */
  readonly origin: string;
}

const ASSERTION_LIFE_S = 180;
const DEFAULT_LIFE_S = 7_200;
const MAX_ANSWER_BYTES = 256 * 1024;

export function createSalesforceToken(options: SalesforceTokenOptions): RenewingToken<TenantToken> {
  return createRenewingToken(options.clock, async () => {
    const core = await coreToken(options);
    const body = await post(options, new URL("/services/a360/token", core.org), {
      grant_type: "urn:salesforce:grant-type:external:cdp",
      subject_token: core.token,
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    });
    const lifeS = Number(body["expires_in"]) || DEFAULT_LIFE_S;
    return {
      text: tokenOf(body),
      lifeMs: Math.max(1, lifeS) * 1_000,
      origin: instanceOrigin(body["instance_url"], allowsLoopback(options)),
    };
  });
}

/** Who logs in on loopback, to a simulator, may be sent to loopback. */
function allowsLoopback({ loginUrl, orgUrl }: SalesforceAccess): boolean {
  return isLoopbackUrl(orgUrl ?? loginUrl);
}

async function coreToken(options: SalesforceTokenOptions): Promise<{ token: string; org: string }> {
  const { credentials, loginUrl, orgUrl } = options;
  if (credentials.kind === "token") return { token: credentials.token, org: orgUrl ?? loginUrl };
  const body = await post(options, new URL("/services/oauth2/token", loginUrl), {
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: assertionOf(options, credentials),
  });
  const org = orgUrl ?? instanceOrigin(body["instance_url"], allowsLoopback(options));
  return { token: tokenOf(body), org };
}

function assertionOf(
  { loginUrl, clock }: SalesforceTokenOptions,
  { clientId, username, privateKey }: SalesforceAccess["credentials"] & { kind: "jwt" },
): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const exp = Math.floor(clock.now() / 1_000) + ASSERTION_LIFE_S;
  const claims = { iss: clientId, sub: username, aud: new URL(loginUrl).origin, exp };
  const text = `${encode({ alg: "RS256" })}.${encode(claims)}`;
  const signature = sign("RSA-SHA256", Buffer.from(text), createPrivateKey(privateKey));
  return `${text}.${signature.toString("base64url")}`;
}

async function post(
  { dispatcher, timeoutMs = 15_000 }: SalesforceTokenOptions,
  url: URL,
  form: Record<string, string>,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await exchange(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams(form).toString(),
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    dispatcher,
  });
  const body = readObject(answer.body);
  if (answer.status === 200) return body;
  const told = [body["error"], body["error_description"]].filter((text) => typeof text === "string");
  throw new Error(
    `${url.host}${url.pathname} answered ${answer.status} ${told.join(": ").slice(0, 200)}`.trim(),
  );
}

function tokenOf({ access_token: token }: Readonly<Record<string, unknown>>): string {
  if (typeof token === "string" && token !== "") return token;
  throw new Error("the token endpoint's answer has no access_token");
}
