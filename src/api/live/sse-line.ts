/** A follower over Server-Sent Events: text that goes on, kept alive by comments. */
import type { ServerResponse } from "node:http";
import type { LiveLine } from "./follower.ts";
import { HEARTBEAT_MS } from "../limits.ts";

/** How long the last words may take to go out, before the connection is cut. */
const LAST_WORDS_MS = 1_000;
/** A browser that has lost the connection comes back after so long. */
const RETRY_MS = 2_000;

export interface SseLine extends LiveLine {
  /** To be called when the connection is gone, whoever ended it. */
  stop(): void;
}

/** @param response with its headers sent */
export function createSseLine(response: ServerResponse): SseLine {
  response.write(`retry: ${RETRY_MS}\n\n`);
  const beat = setInterval(() => response.write(": still there\n\n"), HEARTBEAT_MS);
  return {
    send: ({ sse }) => void response.write(sse),
    get waitingBytes() {
      return response.writableLength;
    },
    end(code, reason) {
      clearInterval(beat);
      response.end(`event: end\ndata: ${JSON.stringify({ code, reason })}\n\n`);
      setTimeout(() => response.destroy(), LAST_WORDS_MS).unref();
    },
    stop: () => clearInterval(beat),
  };
}
