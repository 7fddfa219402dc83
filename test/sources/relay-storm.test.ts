/** A relay that dies 50 times, at moments that a seed decides: nothing is lost, and nothing is left behind. */
import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../src/simulator/random.ts";
import { until } from "../e2e/until.ts";
import { end, events, relay, startSse, startWebSocket, stop, store } from "./relay-rig.ts";

const KILLS = 50;
/** On a clock that runs 100 times as fast. */
const BACKOFF = { baseMs: 100, capMs: 2_000 };
const BOUND = { timeoutMs: 5_000, everyMs: 2 };
const WAYS = [
  { way: "Server-Sent Events, with Last-Event-ID", start: () => startSse({ backoff: BACKOFF }) },
  { way: "a WebSocket, with acknowledgements", start: () => startWebSocket({ backoff: BACKOFF }) },
];

describe.each(WAYS)("over $way", ({ start }) => {
  it.each([1, 2])(`nothing is lost, and nothing left behind, in ${KILLS} kills (seed %i)`, async (seed) => {
    const random = createRandom(seed);
    start();
    await settled(1);
    const listeners = listenersOf(stop);
    let published = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      if (random.chance(0.8)) await settled(1); // else it may die before anybody has come back
      published += await publishSome(random, published);
      await relay.kill();
      published += await publishSome(random, published); // while nobody is there
      await sleep(random.integer(10));
      await relay.open();
      if (random.chance(0.1)) {
        await end();
        start();
      }
    }
    await until("all is stored", () => store.events.size === published, BOUND);
    expect(store.deadLetters.size).toBe(0);
    await settled(1);
    await until("no listener is left", () => listenersOf(stop) <= listeners, BOUND);
    await end();
    await relay.kill();
    await until("nothing is left behind", () => resources().length === 0, BOUND).catch(() => undefined);
    expect({ resources: resources(), listeners: listenersOf(stop) }).toEqual({ resources: [], listeners: 0 });
    expect(published).toBeGreaterThan(1_000);
    expect(relay.asked.length).toBeGreaterThan(KILLS * 0.7);
  });
});

/** In bursts, so that a kill cuts some of them. @returns how many */
async function publishSome(random: Random, from: number): Promise<number> {
  const count = random.integer(40);
  relay.publish(...events(count, from));
  if (random.chance(0.7)) await sleep(random.integer(20));
  return count;
}

const settled = (connections: number): Promise<void> =>
  until("the source is connected", () => relay.streams.size + relay.sockets.size === connections, BOUND);

const listenersOf = ({ signal }: AbortController): number => getEventListeners(signal, "abort").length;

/** Sockets, servers and timers that keep the process alive; pipes and ports are the test runner's. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /^(TCP|Timeout)/.test(kind));
}
