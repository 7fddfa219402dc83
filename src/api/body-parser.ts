/**
 * Bodies: which media types are read, and the way from bytes to values.
 *
 * Routes get the bytes as they came; nothing is parsed before the route is known to want it.
 */
import type { FastifyInstance } from "fastify";
import { After202Error } from "../core/errors.ts";

export const JSON_TYPES = ["application/json"] as const;
export const LINES_TYPES = ["application/x-ndjson", "application/jsonl", "application/ndjson"] as const;
export const EVENT_TYPES = [
  "application/json",
  "application/cloudevents+json",
  "application/cloudevents-batch+json",
] as const;

/** Makes the routes of this scope of the application take these media types, as bytes; "*": any. */
export function readRawBodies(app: FastifyInstance, mediaTypes: readonly string[], bodyLimit: number): void {
  app.removeAllContentTypeParsers();
  for (const mediaType of mediaTypes) {
    app.addContentTypeParser(mediaType, { parseAs: "buffer", bodyLimit }, (_request, body, done) =>
      done(null, body),
    );
  }
  app.addHook("preParsing", async (request) => {
    const encoding = request.headers["content-encoding"];
    if (encoding === undefined || encoding === "identity") return;
    throw new After202Error("MEDIA_TYPE_UNSUPPORTED", "Compressed bodies are not read; send it as it is.");
  });
}

/** The bytes of a body, none when there was no body. */
export function bytesOf(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array(0);
}

/** @returns true for one JSON document a line */
export function isLines(contentType: string | undefined): boolean {
  const mediaType = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return (LINES_TYPES as readonly string[]).includes(mediaType);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** @throws After202Error INPUT_UNREADABLE when the bytes are none, or not UTF-8 */
export function readUtf8(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) throw new After202Error("INPUT_UNREADABLE", "The body is empty; send JSON.");
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new After202Error("INPUT_UNREADABLE", "The body is not UTF-8; encode it as UTF-8.", { cause });
  }
}

/** @throws After202Error INPUT_UNREADABLE with the parser's own words */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new After202Error("INPUT_UNREADABLE", `The body is not JSON: ${reason}`, { cause });
  }
}
