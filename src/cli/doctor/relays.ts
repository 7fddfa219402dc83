/** The relays: does the stream of Server-Sent Events open, does the WebSocket. Nothing of them is taken in. */
import { systemClock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { RELAY_NAMES, type RelayConfig } from "../../relay-config.ts";
import { type CheckResult, failed, faultText, ok, skipped } from "./check.ts";

const TIMEOUT_MS = 15_000;

export async function* checkRelays({ relays: { sse, websocket } }: Config): AsyncGenerator<CheckResult> {
  if (sse === undefined) yield skipped(RELAY_NAMES.sse, "not set (SSE_URL)");
  else yield await checkRelay(RELAY_NAMES.sse, "SSE", sse, openSse);
  if (websocket === undefined) yield skipped(RELAY_NAMES.websocket, "not set (WEBSOCKET_URL)");
  else yield await checkRelay(RELAY_NAMES.websocket, "WEBSOCKET", websocket, openWebSocket);
}

/** Tries to connect; calls `onOpen` when the stream is there, or resolves with what is wrong. */
type Opening = (relay: RelayConfig, onOpen: () => void, signal: AbortSignal) => Promise<string>;

async function checkRelay(
  name: string,
  prefix: string,
  relay: RelayConfig,
  open: Opening,
): Promise<CheckResult> {
  const { host } = new URL(relay.url);
  const stop = new AbortController();
  let isOpen = false;
  const onOpen = (): void => {
    isOpen = true;
    stop.abort();
  };
  const fault = await open(relay, onOpen, stop.signal).catch(faultText);
  if (isOpen) return ok(name, `${host} lets us follow its stream`);
  return failed(name, `${host}: ${fault}`, adviceOn(fault, prefix));
}

function adviceOn(fault: string, prefix: string): string {
  if (/\b40[13]\b/.test(fault)) {
    return `Check ${prefix}_AUTHORIZATION: it is the whole header, such as "Bearer …".`;
  }
  if (/redirect/.test(fault)) return `Set ${prefix}_URL to where the stream really is.`;
  if (/\b[45]\d\d\b|text\/event-stream/.test(fault)) {
    return `Check ${prefix}_URL: it names the stream itself, not a page about it.`;
  }
  return `Check ${prefix}_URL, and that this machine can reach it.`;
}

const openSse: Opening = async (relay, onOpen, signal) => {
  const { followSse } = await import("../../sources/sse-connection.ts");
  const asked = {
    ...relay,
    silenceMs: TIMEOUT_MS,
    lastEventId: "",
    maxEventBytes: 0,
    now: () => systemClock.now(),
  };
  const reader = {
    onOpen,
    onAlive: nothing,
    onEvent: nothing,
    onBroken: nothing,
    onRetry: nothing,
    room: async () => undefined,
  };
  return (await followSse(asked, reader, signal)).fault ?? "the stream ended at once";
};

const openWebSocket: Opening = async (relay, onOpen, signal) => {
  const { followWebSocket } = await import("../../sources/websocket-connection.ts");
  const asked = {
    ...relay,
    pingMs: TIMEOUT_MS,
    timeoutMs: TIMEOUT_MS,
    maxPayloadBytes: 1_048_576,
    now: () => systemClock.now(),
  };
  const reader = {
    onOpen,
    onAlive: nothing,
    onMessage: nothing,
    isFull: false,
    room: async () => undefined,
    settled: async () => undefined,
  };
  return (await followWebSocket(asked, reader, signal)).fault ?? "the connection ended at once";
};

function nothing(): void {
  // a check takes nothing in
}
