/**
 * A client of the relay over Server-Sent Events: what follows its Last-Event-ID, then whatever comes.
 *
 * It is written only as fast as it reads: the history is the queue.
 */
import type { ServerResponse } from "node:http";
import type { History } from "../stream/history.ts";
import type { RelaySettings } from "./settings.ts";

export interface RelayLine {
  /** Breaks the connection, as a crash would. */
  cut(): void;
}

/**
 * @param response with its headers sent
 * @param lifetime stands in ids: those of another lifetime are not known
 * @param after number of the last event that the client has
 */
export function createSseLine(
  response: ServerResponse,
  history: History,
  lifetime: string,
  after: number,
  settings: RelaySettings,
): RelayLine {
  let next = after + 1;

  function pump(): void {
    next = Math.max(next, history.first());
    while (next < history.end() && !response.writableNeedDrain && !response.destroyed) {
      const event = history.get(next);
      if (event !== undefined) response.write(frameOf(`${lifetime}.${next}`, event.type, event.text));
      next += 1;
    }
  }

  response.write(`retry: ${settings.retryMs}\n\n`);
  const beat = setInterval(() => response.write(": still there\n\n"), settings.heartbeatMs);
  history.watch(pump);
  response.on("drain", pump);
  response.on("error", () => undefined);
  response.on("close", () => {
    clearInterval(beat);
    history.unwatch(pump);
  });
  pump();
  return { cut: () => response.socket?.resetAndDestroy() };
}

/** A malformed event may hold line ends. */
function frameOf(id: string, type: string, text: string): string {
  return `id: ${id}\nevent: ${type}\ndata: ${text.replaceAll(/\r\n|\r|\n/g, "\ndata: ")}\n\n`;
}
