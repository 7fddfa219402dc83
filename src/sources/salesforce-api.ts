/**
 * Calls to a Data Cloud tenant: with a good token, and with every answer in one of four forms.
 *
 * A token that is refused is renewed at once, but only once in a row. Nothing here throws, unless the signal aborts.
 */
import type { Dispatcher } from "undici";
import type { Clock } from "../core/ports.ts";
import { parseRetryAfter } from "../core/retry-after.ts";
import { exchange, headerText } from "./http-exchange.ts";
import type { RenewingToken } from "./renewing-token.ts";
import type { TenantToken } from "./salesforce-token.ts";

export type TenantAnswer =
  | { readonly kind: "ok"; readonly json: unknown }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs: number | undefined }
  | { readonly kind: "locked-out"; readonly reason: string };

export interface TenantCall {
  readonly method?: "GET" | "POST";
  /** Below the tenant's origin. */
  readonly path: string;
  readonly body?: object;
}

export interface SalesforceApiOptions {
  readonly token: RenewingToken<TenantToken>;
  readonly clock: Clock;
  readonly dispatcher?: Dispatcher | undefined;
  readonly timeoutMs?: number | undefined;
}

export type SalesforceApi = (call: TenantCall, signal: AbortSignal) => Promise<TenantAnswer>;

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function createSalesforceApi({
  token,
  clock,
  dispatcher,
  timeoutMs = 30_000,
}: SalesforceApiOptions): SalesforceApi {
  async function call(asked: TenantCall, signal: AbortSignal, isAgain = false): Promise<TenantAnswer> {
    let tenant: TenantToken;
    try {
      tenant = await token.get(signal);
    } catch (error) {
      signal.throwIfAborted();
      return { kind: "locked-out", reason: textOf(error) };
    }
    try {
      const { method = "GET", path, body } = asked;
      const answer = await exchange(new URL(path, tenant.origin), {
        method,
        headers: {
          authorization: `Bearer ${tenant.text}`,
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
        dispatcher,
        signal,
      });
      const { status } = answer;
      if (status === 200) return { kind: "ok", json: JSON.parse(answer.body.toString("utf8")) };
      if (status === 404) return { kind: "missing" };
      if (status === 401) {
        token.invalidate(tenant.text);
        if (!isAgain) return await call(asked, signal, true);
        return { kind: "locked-out", reason: "Data Cloud answered 401, to a new token too" };
      }
      const retryAfterMs = parseRetryAfter(headerText(answer.headers["retry-after"]), clock.now());
      return { kind: "failed", reason: `Data Cloud answered ${status}`, retryAfterMs };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: "failed", reason: textOf(error), retryAfterMs: undefined };
    }
  }
  return call;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
