/** A journal source against a small journal on loopback: made anew for each test of the file that imports it. */
import { Agent } from "undici";
import { afterEach, beforeEach } from "vitest";
import type { Source } from "../../src/core/ports.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { fixedToken } from "../../src/sources/ims-token.ts";
import { createJournalSource, type JournalOptions } from "../../src/sources/journal.ts";
import { MemoryStore } from "../pipeline/memory-store.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { fastClock, listLogger, until, type LogLine } from "../pipeline/test-clock.ts";
import { FakeJournal, MemoryCursors } from "./fake-journal.ts";

export let journal: FakeJournal;
export let store: MemoryStore;
export let cursors: MemoryCursors;
export let pipeline: Pipeline;
export let log: LogLine[];
export let stop: AbortController;
export let running: Promise<void>[];
let dispatcher: Agent;

beforeEach(async () => {
  journal = new FakeJournal();
  await journal.open();
  store = new MemoryStore();
  cursors = new MemoryCursors();
  log = [];
  pipeline = openPipeline({ store, clock: fastClock(), logger: listLogger(), limits: { maxAgeMs: 1 } });
  stop = new AbortController();
  running = [];
  dispatcher = new Agent();
});

afterEach(async () => {
  stop.abort();
  await Promise.all(running);
  await dispatcher.close();
  await journal.close();
});

/** As after a restart: what is started from here on has a life of its own. */
export function liveAgain(): void {
  stop = new AbortController();
}

/** Time runs 100 times as fast, so that backing off takes milliseconds. */
export function start(options: Partial<JournalOptions> = {}): Source {
  const source = createJournalSource({
    name: "journal",
    url: journal.url,
    token: fixedToken("token"),
    clientId: "client",
    orgId: "org@AdobeOrg",
    intake: pipeline,
    cursors,
    clock: fastClock(100),
    logger: listLogger(log),
    cursorIntervalMs: 0,
    dispatcher,
    ...options,
  });
  running.push(source.run(stop.signal));
  return source;
}

export function fill(count: number, from = 0): void {
  for (let n = from; n < from + count; n++) journal.events.push(resultsEvent(`e${n}`));
}

export const stored = (count: number): Promise<void> => until(() => store.events.size === count);
export const sinceOf = (url: string): number => Number(new URL(url).searchParams.get("since"));
