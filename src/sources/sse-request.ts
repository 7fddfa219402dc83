/**
 * The request for a stream of Server-Sent Events: its answer, and its bytes as they come.
 *
 * Redirects are followed within the origin only: elsewhere the credentials are not to be told, nor anything asked.
 */
import { type Dispatcher, request } from "undici";
import { headerText } from "./http-exchange.ts";

const MOST_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface SseAsked {
  readonly url: string;
  /** The header's value; never told. */
  readonly authorization?: string | undefined;
  /** Wall-clock: the longest silence, before the answer and within it. */
  readonly silenceMs: number;
  readonly dispatcher?: Dispatcher | undefined;
}

export interface SseAnswer {
  readonly status: number;
  readonly url: string;
  readonly redirected: boolean;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** Where it leads, of a redirect that is not followed. */
  readonly elsewhere: string | undefined;
  readonly body: Dispatcher.ResponseData["body"];
}

/** Rejects on network faults, and when the signal aborts; the body is the caller's to destroy. */
export async function requestSse(
  asked: SseAsked,
  lastEventId: string,
  signal: AbortSignal,
): Promise<SseAnswer> {
  const { origin } = new URL(asked.url);
  let url = asked.url;
  for (let redirects = 0; ; redirects++) {
    const answer = await request(url, {
      headers: headersOf(asked, lastEventId),
      headersTimeout: asked.silenceMs,
      bodyTimeout: asked.silenceMs,
      signal,
      ...(asked.dispatcher === undefined ? {} : { dispatcher: asked.dispatcher }),
    });
    // one that is destroyed while nobody reads it has nobody to tell
    answer.body.on("error", () => undefined);
    const next = REDIRECTS.has(answer.statusCode)
      ? targetOf(headerText(answer.headers["location"]), url)
      : undefined;
    if (next?.origin === origin && redirects < MOST_REDIRECTS) {
      answer.body.destroy();
      url = next.href;
      continue;
    }
    return {
      status: answer.statusCode,
      url,
      redirected: redirects > 0,
      contentType: headerText(answer.headers["content-type"]) ?? "",
      retryAfter: headerText(answer.headers["retry-after"]),
      elsewhere: next?.origin,
      body: answer.body,
    };
  }
}

function headersOf({ authorization }: SseAsked, lastEventId: string): Record<string, string> {
  return {
    accept: "text/event-stream",
    "cache-control": "no-cache, no-transform",
    ...(authorization === undefined ? {} : { authorization }),
    // as bytes of UTF-8, whatever characters it has
    ...(lastEventId === "" ? {} : { "last-event-id": Buffer.from(lastEventId).toString("latin1") }),
  };
}

function targetOf(location: string | undefined, base: string): URL | undefined {
  return location !== undefined && URL.canParse(location, base) ? new URL(location, base) : undefined;
}
