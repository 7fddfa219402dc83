/**
 * One request to a journal, and what its answer means.
 */
import type { Dispatcher } from "undici";
import { exchange, headerText, type HttpAnswer } from "./http-exchange.ts";
import { mayFollow } from "./journal-url.ts";
import { linkTarget } from "./link-header.ts";
import { parseRetryAfter } from "../core/retry-after.ts";

export type JournalAnswer =
  /** Events; `next` is missing where the answer gives no link that may be followed, `linkFault` says why. */
  | {
      readonly kind: "page";
      readonly body: Buffer;
      readonly next: URL | undefined;
      readonly linkFault: string;
    }
  /** Nothing new. */
  | { readonly kind: "end"; readonly next: URL | undefined; readonly retryAfterMs: number | undefined }
  /** The position is older than what the journal keeps. */
  | { readonly kind: "expired" }
  | { readonly kind: "unauthorized" }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs: number | undefined };

export interface JournalRequest {
  readonly url: URL;
  readonly token: string;
  readonly clientId: string;
  readonly orgId: string;
  readonly timeoutMs: number;
  readonly maxPageBytes: number;
  readonly dispatcher: Dispatcher | undefined;
  readonly now: () => number;
}

/** Network faults are an answer too; rejects only when the signal aborts. */
export async function requestPage(asked: JournalRequest, signal: AbortSignal): Promise<JournalAnswer> {
  try {
    const answer = await exchange(asked.url, {
      headers: {
        authorization: `Bearer ${asked.token}`,
        "x-api-key": asked.clientId,
        "x-ims-org-id": asked.orgId,
        accept: "application/json",
      },
      timeoutMs: asked.timeoutMs,
      maxBytes: asked.maxPageBytes,
      dispatcher: asked.dispatcher,
      signal,
    });
    return readAnswer(answer, asked);
  } catch (error) {
    signal.throwIfAborted();
    return {
      kind: "failed",
      reason: `the journal does not answer: ${describe(error)}`,
      retryAfterMs: undefined,
    };
  }
}

function readAnswer(answer: HttpAnswer, { url, now }: JournalRequest): JournalAnswer {
  const { status, headers, body } = answer;
  const retryAfterMs = parseRetryAfter(headerText(headers["retry-after"]), now());
  if (status === 200) return { kind: "page", body, ...nextOf(answer, url) };
  if (status === 204) return { kind: "end", next: nextOf(answer, url).next, retryAfterMs };
  if (status === 410) return { kind: "expired" };
  if (status === 401) return { kind: "unauthorized" };
  return { kind: "failed", reason: `the journal answered ${status}`, retryAfterMs };
}

function nextOf({ headers }: HttpAnswer, url: URL): { next: URL | undefined; linkFault: string } {
  const target = linkTarget(headerText(headers["link"]), "next");
  if (target === undefined) return { next: undefined, linkFault: "the page has no Link to the next one" };
  if (!URL.canParse(target, url.href))
    return { next: undefined, linkFault: "the Link to the next page is no URL" };
  const next = new URL(target, url);
  if (mayFollow(url, next)) return { next, linkFault: "" };
  return { next: undefined, linkFault: `the Link to the next page leads elsewhere: ${next.origin}` };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  return `${code}${error.message}`;
}
