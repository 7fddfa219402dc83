/** A follower over a WebSocket: a JSON message an event, pings, and a close code that tells why. */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { ErrorCode } from "../../core/errors.ts";
import type { LiveLine } from "./follower.ts";
import { HEARTBEAT_MS } from "../limits.ts";

/** RFC 6455: 1001 going away, 1008 against the rules, 1013 try again later. */
const CLOSE_CODES: Partial<Record<ErrorCode, number>> = { SHUTTING_DOWN: 1001, FOLLOWER_TOO_SLOW: 1008 };
const TRY_AGAIN_LATER = 1013;
const LAST_WORDS_MS = 1_000;

/**
 * A peer that does not answer a ping until the next one is gone.
 *
 * @param connection that the WebSocket runs over
 */
export function createWsLine(socket: WebSocket, connection: Socket): LiveLine {
  let answered = true;
  const beat = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, HEARTBEAT_MS);
  socket.on("pong", () => (answered = true));
  socket.on("close", () => clearInterval(beat));
  return {
    send({ messages }) {
      connection.cork(); // one write for all of them
      for (const message of messages) socket.send(message, { binary: false });
      connection.uncork();
    },
    get waitingBytes() {
      return socket.bufferedAmount;
    },
    end(code, reason) {
      clearInterval(beat);
      socket.close(CLOSE_CODES[code] ?? TRY_AGAIN_LATER, `${code}: ${reason}`.slice(0, 120));
      setTimeout(() => socket.terminate(), LAST_WORDS_MS).unref();
    },
  };
}
