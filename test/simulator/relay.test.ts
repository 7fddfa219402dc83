import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { journalHeaders, readJournal, simulate, until } from "./client.ts";

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `event-${n}`);

async function emit(simulator: Simulator, eventIds: readonly string[], query = ""): Promise<void> {
  const response = await fetch(`${simulator.origin}/_simulator/emit${query}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(eventIds.map((id) => ({ id }))),
  });
  expect(response.status).toBe(200);
}

interface Following {
  readonly ids: string[];
  text: string;
  stop(): void;
}

/** Reads the stream as bytes, so that what is asserted is what is on the wire. */
async function followSse(simulator: Simulator, headers: Record<string, string> = {}): Promise<Following> {
  const stop = new AbortController();
  const following: Following = { ids: [], text: "", stop: () => stop.abort() };
  onTestFinished(() => stop.abort());
  const response = await fetch(simulator.sseUrl, { headers, signal: stop.signal });
  if (response.body === null) throw new Error("no body");
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      following.text += decoder.decode(chunk, { stream: true });
      const found = [...following.text.matchAll(/^data: (.*)$/gm)];
      following.ids.splice(0, following.ids.length, ...found.map((one) => idOf(one[1] ?? "")));
    }
  };
  read(response.body).catch(() => undefined);
  return following;
}

async function followWs(
  simulator: Simulator,
  query: string,
  acks: boolean,
): Promise<Following & { socket: WebSocket }> {
  const socket = new WebSocket(`${simulator.websocketUrl.split("?")[0]}${query}`);
  onTestFinished(() => socket.terminate());
  const following = { ids: [] as string[], text: "", stop: () => socket.terminate(), socket };
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer) => {
    const id = idOf(data.toString());
    following.ids.push(id);
    if (acks) socket.send(JSON.stringify({ ack: id }));
  });
  await once(socket, "open");
  return following;
}

const idOf = (text: string): string => (JSON.parse(text) as { id: string }).id;

describe("Server-Sent Events", () => {
  it("give what there is and what comes, with ids, names, a retry time and heartbeats", async () => {
    const simulator = await simulate({ relay: { heartbeatMs: 10, retryMs: 321 } });
    await emit(simulator, ids(2));
    const following = await followSse(simulator);
    await emit(simulator, ["later"]);
    await until(() => following.ids.length === 3 && following.text.includes(": still there"));
    expect(following.ids).toEqual([...ids(2), "later"]);
    expect(following.text).toMatch(/^retry: 321\n\nid: \S+\nevent: unknown\ndata: /);
  });

  it("go on after Last-Event-ID, and begin at the beginning for an unknown one", async () => {
    const simulator = await simulate();
    await emit(simulator, ids(3));
    const first = await followSse(simulator);
    await until(() => first.ids.length === 3);
    const second = /^id: (\S+)$/gm.exec(first.text.slice(first.text.indexOf("event-0")))?.[1] ?? "";
    const resumed = await followSse(simulator, { "last-event-id": second });
    const foreign = await followSse(simulator, { "last-event-id": "abc.2" });
    await until(() => resumed.ids.length === 1 && foreign.ids.length === 3);
    expect(resumed.ids).toEqual(["event-2"]);
  });

  it("want credentials, where they are set", async () => {
    const simulator = await simulate({ relay: { authorization: "Bearer x" } });
    expect((await fetch(simulator.sseUrl)).status).toBe(401);
    await emit(simulator, ids(1));
    const following = await followSse(simulator, { authorization: "Bearer x" });
    await until(() => following.ids.length === 1);
    const socket = new WebSocket(simulator.websocketUrl);
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("401");
  });
});

describe("the WebSocket", () => {
  it("gives what comes to clients that acknowledge nothing", async () => {
    const simulator = await simulate();
    await emit(simulator, ids(2));
    const following = await followWs(simulator, "", false);
    await until(() => simulator.summary().relay.websocket === 1);
    await emit(simulator, ["later"]);
    await until(() => following.ids.length === 1);
    expect(following.ids).toEqual(["later"]);
  });

  it("sends again what is not acknowledged in time, and no more of what is", async () => {
    const simulator = await simulate({ relay: { ackTimeoutMs: 50 } });
    await emit(simulator, ids(2));
    const following = await followWs(simulator, "?acks=on", false);
    await until(() => following.ids.length >= 4);
    for (const ack of ids(2)) following.socket.send(JSON.stringify({ ack }));
    await until(() => simulator.summary().relay.unacknowledged === 0);
    const { redelivered } = simulator.summary().relay;
    expect(redelivered).toBeGreaterThanOrEqual(2);
    await emit(simulator, ["later"]);
    await until(() => following.ids.includes("later"));
    expect(simulator.summary().relay.acknowledged).toBe(2);
  });

  it("goes on in a new connection where the subscription's last one ended", async () => {
    const simulator = await simulate();
    await emit(simulator, ids(3));
    const first = await followWs(simulator, "?acks=on&subscription=a", true);
    await until(() => simulator.summary().relay.acknowledged === 3);
    expect(first.ids).toEqual(ids(3));
    const disconnect = `${simulator.origin}/_simulator/disconnect?way=websocket`;
    expect(await (await fetch(disconnect, { method: "POST" })).json()).toEqual({ disconnected: 1 });
    await once(first.socket, "close");
    await emit(simulator, ["later"]);
    const again = await followWs(simulator, "?acks=on&subscription=a", true);
    const other = await followWs(simulator, "?acks=on&subscription=b", true);
    await until(() => again.ids.length === 1 && other.ids.length === 4);
    expect(again.ids).toEqual(["later"]);
  });

  it("has no more than so many events unacknowledged", async () => {
    const simulator = await simulate({ relay: { maxUnacknowledged: 5 } });
    await emit(simulator, ids(20));
    const following = await followWs(simulator, "?acks=on", false);
    await until(() => following.ids.length === 5);
    expect(simulator.summary().relay.unacknowledged).toBe(5);
    following.socket.send(JSON.stringify({ ack: "event-0" }));
    await until(() => following.ids.length === 6);
  });
});

describe("a path's own faults", () => {
  const FAULTS = {
    journal: { dropRate: 0.1, duplicateRate: 0.1, duplicateWithinMs: 1_000 },
    sse: { dropRate: 0.3, delayRate: 0.5, delayWithinMs: 60_000 },
    websocket: { dropRate: 1 },
  };

  it("withhold, double and delay events on that path alone, and are counted", async () => {
    const simulator = await simulate({ faults: { paths: FAULTS } });
    const following = await followSse(simulator);
    await emit(simulator, ids(400), "?faults=true");
    await until(() => simulator.summary().idle);
    const paths = await (await fetch(`${simulator.origin}/_simulator/truth/paths`)).json();
    const { journal, webhook, sse, websocket } = simulator.summary().paths;
    expect(paths).toEqual({ journal, webhook, sse, websocket });
    expect([journal, webhook, sse, websocket].map(({ events }) => events)).toEqual([400, 400, 400, 400]);
    expect(webhook.withheld).toBe(0);
    expect(websocket.withheld).toBe(400);
    const read = (await readJournal(simulator)).map(({ id }) => id);
    expect(new Set(read).size).toBe(400 - journal.withheld);
    expect(read.length - new Set(read).size).toBe(journal.duplicated);
    await until(() => following.ids.length === 400 - sse.withheld);
    expect(new Set(following.ids).size).toBe(400 - sse.withheld);
    expect(following.ids).not.toEqual(following.ids.toSorted());
    for (const { withheld, rate } of [
      { withheld: journal.withheld, rate: 0.1 },
      { withheld: sse.withheld, rate: 0.3 },
    ]) {
      expect(Math.abs(withheld / 400 - rate)).toBeLessThan(0.1);
    }
  });

  it("are the same again for the same seed, whatever the other paths do", async () => {
    const readWith = async (paths: object): Promise<string[]> => {
      const simulator = await simulate({ seed: 5, faults: { paths } });
      await emit(simulator, ids(100), "?faults=true");
      return (await readJournal(simulator)).map(({ id }) => id);
    };
    const journal = { dropRate: 0.5 };
    const first = await readWith({ journal });
    expect(first.length).toBeLessThan(100);
    expect(await readWith({ journal, sse: { dropRate: 0.9, delayRate: 1 } })).toEqual(first);
  });

  it("count an event that the stream doubles once", async () => {
    const simulator = await simulate({
      faults: { stream: { duplicateRate: 1, duplicateWithinMs: 1 }, paths: { journal: { dropRate: 1 } } },
    });
    await emit(simulator, ids(50), "?faults=true");
    await until(() => simulator.summary().idle);
    expect(simulator.summary().paths.journal).toMatchObject({ events: 50, withheld: 50 });
    const page = await fetch(simulator.journalUrl, { headers: await journalHeaders(simulator) });
    expect(page.status).toBe(204);
  });

  it("are set over HTTP, and an unknown one is refused by name", async () => {
    const simulator = await simulate();
    const set = async (patch: object): Promise<Response> =>
      fetch(`${simulator.origin}/_simulator/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(patch),
      });
    const taken = await (await set({ paths: { sse: { dropRate: 0.5 } } })).json();
    expect(taken).toMatchObject({
      paths: { sse: { dropRate: 0.5, delayRate: 0 }, journal: { dropRate: 0 } },
    });
    expect((await set({ paths: { pigeon: { dropRate: 1 } } })).status).toBe(400);
    expect(await (await set({ paths: { sse: { drop: 1 } } })).text()).toContain("paths.sse.drop");
  });
});
