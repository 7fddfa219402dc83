/** `traceparent` of W3C Trace Context: who called, in which trace. */
import type { SpanContextIds } from "./trace-ports.ts";

/** Version 00 has no more than this; of later versions the beginning counts. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** @returns undefined where the text is none */
export function parseTraceparent(text: string): SpanContextIds | undefined {
  const [, traceId, spanId, more] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return text.startsWith("00") && more !== undefined ? undefined : { traceId, spanId };
}
