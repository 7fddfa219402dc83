/** The sources that follow relays: Server-Sent Events and a WebSocket, where they are set. */
import type { Logger as PinoLogger } from "pino";
import { systemClock } from "./clock.ts";
import type { CursorStore, Intake, Source } from "./core/ports.ts";
import { RELAY_NAMES, type RelaysConfig } from "./relay-config.ts";
import { createSseSource } from "./sources/sse.ts";
import { createWebSocketSource } from "./sources/websocket.ts";

export function relaySources(
  { sse, websocket }: RelaysConfig,
  intake: Intake,
  cursors: CursorStore,
  logger: PinoLogger,
): Source[] {
  const partsOf = (name: string) => ({
    name,
    intake,
    clock: systemClock,
    logger: logger.child({ part: name }),
  });
  return [
    ...(sse === undefined ? [] : [createSseSource({ ...sse, ...partsOf(RELAY_NAMES.sse), cursors })]),
    ...(websocket === undefined
      ? []
      : [createWebSocketSource({ ...websocket, ...partsOf(RELAY_NAMES.websocket) })]),
  ];
}
