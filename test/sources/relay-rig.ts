/** Sources that follow a relay on loopback: made anew for each test of the file that imports it. */
import { afterEach, beforeEach, expect } from "vitest";
import type { Source } from "../../src/core/ports.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { createSseSource, type SseOptions } from "../../src/sources/sse.ts";
import { createWebSocketSource, type WebSocketOptions } from "../../src/sources/websocket.ts";
import { MemoryStore } from "../pipeline/memory-store.ts";
import { resultsEvent, type SampleEvent } from "../pipeline/sample-events.ts";
import { fastClock, listLogger, type LogLine, until } from "../pipeline/test-clock.ts";
import { MemoryCursors } from "./fake-journal.ts";
import { FakeRelay } from "./fake-relay.ts";

export let relay: FakeRelay;
export let store: MemoryStore;
export let cursors: MemoryCursors;
let pipeline: Pipeline;
export let log: LogLine[];
export let stop: AbortController;
let running: Promise<void>[];

beforeEach(async () => {
  relay = new FakeRelay();
  await relay.open();
  store = new MemoryStore();
  cursors = new MemoryCursors();
  log = [];
  pipeline = openPipeline({ store, clock: fastClock(), logger: listLogger(), limits: { maxAgeMs: 1 } });
  stop = new AbortController();
  running = [];
});

afterEach(async () => {
  store.letGo();
  await end();
  await relay.kill();
});

/** Ends the sources; what is started from here on has a life of its own. */
export async function end(): Promise<void> {
  stop.abort();
  await Promise.all(running);
  stop = new AbortController();
  running = [];
}

/** Time runs 100 times as fast, so that backing off takes milliseconds. */
const common = () => ({ intake: pipeline, clock: fastClock(100), logger: listLogger(log) });

export function startSse(options: Partial<SseOptions> = {}): Source {
  const { url } = relay;
  const source = createSseSource({
    name: "sse",
    url,
    cursors,
    cursorIntervalMs: 0,
    silenceMs: 900,
    ...common(),
    ...options,
  });
  running.push(source.run(stop.signal));
  return source;
}

export function startWebSocket(options: Partial<WebSocketOptions> = {}): Source {
  const source = createWebSocketSource({
    name: "websocket",
    url: relay.wsUrl,
    acks: true,
    ...common(),
    ...options,
  });
  running.push(source.run(stop.signal));
  return source;
}

export function events(count: number, from = 0): SampleEvent[] {
  return Array.from({ length: count }, (_, n) => resultsEvent(`e${from + n}`));
}

export const stored = (count: number): Promise<void> => until(() => store.events.size === count);
export const deadCodes = (): string[] => [...store.deadLetters.values()].map(({ code }) => code);

/** Waits until the source has taken so much that it should stop reading, then sees for a while that it does. */
export async function readsNoMore(): Promise<void> {
  await until(() => pipeline.stats().bufferedBytes > 7_000_000);
  for (let looks = 0; looks < 40; looks++) {
    expect(pipeline.stats().bufferedBytes).toBeLessThan(9_000_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
