/**
 * One connection to a stream of Server-Sent Events, from the request to its end: events go to the reader as they come.
 *
 * `EventSource` reads the fields and finds the end of the connection; when to come back, and from where, is the
 * source's to decide, so it is closed before it does so by itself. The bytes are ours: they are read when there is room.
 */
import { EventSource, type FetchLikeResponse } from "eventsource";
import { parseRetryAfter } from "../core/retry-after.ts";
import type { DeliveryFault } from "../core/ports.ts";
import { SseFrames } from "./sse-frames.ts";
import { requestSse, type SseAnswer, type SseAsked } from "./sse-request.ts";

export interface SseConnection extends SseAsked {
  /** Sent as Last-Event-ID; empty: none. */
  readonly lastEventId: string;
  readonly maxEventBytes: number;
  readonly now: () => number;
}

export interface SseReader {
  onOpen(): void;
  /** Bytes have come, be they a heartbeat. */
  onAlive(): void;
  /** @param id of the event; empty where it has none */
  onEvent(data: string, id: string): void;
  onBroken(bytes: Buffer, fault: DeliveryFault, id: string): void;
  /** How long the server wants to be left alone after a connection, in milliseconds. */
  onRetry(ms: number): void;
  /** More may be read. */
  room(): Promise<void>;
}

export interface SseEnd {
  /** Why, in words; undefined: the server ended the stream after it had sent something. */
  readonly fault: string | undefined;
  /** The connection was there, and nothing came. */
  readonly silent: boolean;
  readonly retryAfterMs?: number | undefined;
  /** 410: where we stand is not known there any more. */
  readonly expired: boolean;
}

const RETRY = /(?:^|[\r\n])retry: ?(\d{1,9})[\r\n]/;

/** Resolves when the connection is over; rejects only when the signal aborts. */
export async function followSse(
  asked: SseConnection,
  reader: SseReader,
  signal: AbortSignal,
): Promise<SseEnd> {
  signal.throwIfAborted();
  const course: Course = { bytes: 0, end: undefined };
  let over = (): void => undefined;
  const ended = new Promise<void>((resolve) => (over = resolve));
  const stop = new AbortController();
  const events = new AnyEventSource(asked.url, {
    fetch: async () => respond(asked, reader, course, stop.signal),
  });
  events.onAny = (data, id) => reader.onEvent(data, id);
  events.addEventListener("error", over);
  signal.addEventListener("abort", over, { once: true });
  try {
    await ended;
  } finally {
    signal.removeEventListener("abort", over);
    events.close();
    stop.abort();
  }
  signal.throwIfAborted();
  return course.end ?? { fault: "the connection broke", silent: false, expired: false };
}

/** Tells of events by whatever name. */
class AnyEventSource extends EventSource {
  onAny: (data: string, id: string) => void = () => undefined;

  override dispatchEvent(event: Event): boolean {
    if (event instanceof MessageEvent) this.onAny(String(event.data), event.lastEventId);
    return super.dispatchEvent(event);
  }
}

/** What has become of the connection so far. */
interface Course {
  bytes: number;
  end: SseEnd | undefined;
}

async function respond(
  asked: SseConnection,
  reader: SseReader,
  course: Course,
  signal: AbortSignal,
): Promise<FetchLikeResponse> {
  try {
    const answer = await requestSse(asked, asked.lastEventId, signal);
    const { status, url, redirected, contentType } = answer;
    const fault = faultOf(answer);
    if (fault !== undefined) {
      answer.body.destroy();
      const retryAfterMs = parseRetryAfter(answer.retryAfter, asked.now());
      course.end = { fault, silent: false, retryAfterMs, expired: status === 410 };
    } else {
      reader.onOpen();
    }
    const body = fault === undefined ? { getReader: () => readerOf(answer, asked, reader, course) } : null;
    return { status, url, redirected, headers: { get: () => contentType }, body };
  } catch (error) {
    course.end = endOf(error, asked, course);
    throw error;
  }
}

function faultOf({ status, contentType, elsewhere }: SseAnswer): string | undefined {
  if (elsewhere !== undefined) return `the relay redirects to ${elsewhere}, which is not followed`;
  if (status === 401 || status === 403) return `the relay answered ${status}: check SSE_AUTHORIZATION`;
  if (status !== 200) return `the relay answered ${status}`;
  if (/^text\/event-stream\b/i.test(contentType)) return undefined;
  return `the relay answered with ${JSON.stringify(contentType.slice(0, 80))}, not text/event-stream`;
}

/** Whole events, one a read. */
function readerOf(answer: SseAnswer, asked: SseConnection, reader: SseReader, course: Course) {
  const chunks = answer.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const frames = new SseFrames(asked.maxEventBytes);
  let ready: ReturnType<SseFrames["push"]> = [];
  let next = 0;
  return {
    cancel: async () => void answer.body.destroy(),
    async read(): Promise<{ done: false; value: Uint8Array } | { done: true; value: undefined }> {
      for (;;) {
        const frame = ready[next++];
        if (frame === undefined) {
          await reader.room();
          const chunk = await nextChunk(chunks, asked, course);
          if (chunk === undefined) return { done: true, value: undefined };
          reader.onAlive();
          ready = frames.push(chunk);
          next = 0;
        } else if (frame.fault !== undefined) {
          reader.onBroken(frame.bytes, frame.fault, frame.id ?? "");
        } else {
          noteRetry(frame.bytes, reader);
          return { done: false, value: frame.bytes };
        }
      }
    },
  };
}

async function nextChunk(
  chunks: AsyncIterator<Buffer>,
  asked: SseConnection,
  course: Course,
): Promise<Buffer | undefined> {
  try {
    const chunk = await chunks.next();
    if (chunk.done !== true) {
      course.bytes += chunk.value.length;
      return chunk.value;
    }
    const fault = course.bytes > 0 ? undefined : "the relay ended the stream before it had sent anything";
    course.end = { fault, silent: false, expired: false };
    return undefined;
  } catch (error) {
    course.end = endOf(error, asked, course);
    throw error;
  }
}

function noteRetry(bytes: Buffer, reader: SseReader): void {
  if (!bytes.includes("retry:")) return;
  const ms = RETRY.exec(bytes.toString("latin1"))?.[1];
  if (ms !== undefined) reader.onRetry(Number(ms));
}

function endOf(error: unknown, { silenceMs }: SseConnection, { bytes }: Course): SseEnd {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const seconds = silenceMs / 1_000;
  const fault =
    code === "UND_ERR_BODY_TIMEOUT" && bytes === 0
      ? `connected, but not a byte came within ${seconds} s: a proxy on the way may be buffering the stream, or the relay sends no heartbeats`
      : code === "UND_ERR_BODY_TIMEOUT"
        ? `nothing came for ${seconds} s, not even a heartbeat: the connection is taken for dead`
        : code === "UND_ERR_HEADERS_TIMEOUT"
          ? `no answer within ${seconds} s`
          : `the connection broke: ${code === "" ? "" : `${code}: `}${error instanceof Error ? error.message : String(error)}`;
  return { fault, silent: code === "UND_ERR_BODY_TIMEOUT", expired: false };
}
