import { describe, expect, it } from "vitest";
import { storeAway } from "../pipeline/memory-store.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { until } from "../pipeline/test-clock.ts";
import {
  deadCodes,
  end,
  events,
  log,
  readsNoMore,
  relay,
  startWebSocket,
  store,
  stored,
} from "./relay-rig.ts";

const connected = (): Promise<void> => until(() => relay.sockets.size === 1);
const peer = () => {
  const [first] = relay.sockets;
  if (first === undefined) throw new Error("nobody is connected");
  return first;
};

describe("messages", () => {
  it("are an event, a batch, a page or an envelope, as text or as bytes", async () => {
    startWebSocket();
    await connected();
    const [one, two, three, four, five] = events(5);
    relay.publish(one, [two, three], { events: [{ position: "p", event: four }] });
    peer().send(Buffer.from(JSON.stringify({ detail: five })), { binary: true });
    await stored(5);
    expect(store.deadLetters.size).toBe(0);
  });

  it("without content are signs of life", async () => {
    const source = startWebSocket();
    await connected();
    peer().send("");
    peer().send(" \n");
    relay.publish(...events(1));
    await stored(1);
    expect(store.deadLetters.size).toBe(0);
    expect(source.status()).toMatchObject({ path: "websocket", state: "reading", coveredUntil: null });
  });

  it("that are too long, no JSON, or not UTF-8 become dead letters, and the connection stays", async () => {
    startWebSocket({ maxMessageBytes: 4_000 });
    await connected();
    peer().send("x".repeat(10_000));
    peer().send("not json");
    peer().send(Buffer.from('{"id":"\xff"}', "latin1"), { binary: false });
    relay.publish(resultsEvent("b"));
    await stored(1);
    await until(() => deadCodes().length === 3);
    expect(deadCodes().sort()).toEqual(["EVENT_NOT_UTF8", "EVENT_TOO_LARGE", "EVENT_UNREADABLE"]);
    expect(relay.asked).toHaveLength(1);
  });

  it("that are far too long are not even read: a dead letter and a fault tell of them", async () => {
    startWebSocket({ maxMessageBytes: 4_000 });
    await connected();
    peer().send("x".repeat(17_000));
    await until(() => deadCodes().length === 1);
    await until(() => relay.asked.length === 2);
    const [letter] = store.deadLetters.values();
    expect(letter).toMatchObject({ code: "EVENT_TOO_LARGE", path: "websocket", body: "" });
    expect(log[0]?.fields).toMatchObject({ fault: expect.stringContaining("16000 bytes") });
  });
});

describe("acknowledgements", () => {
  it("name each event, after it is stored and not before", async () => {
    startWebSocket();
    await connected();
    store.hold();
    const [one, two, three] = events(3);
    relay.publish(one, [two, three]);
    await until(() => store.running > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(relay.acked).toEqual([]);
    store.letGo();
    await until(() => relay.acked.length === 3);
    expect(relay.acked).toEqual(["e0", "e1", "e2"]);
    expect(store.events.size).toBe(3);
  });

  it("are not sent unless they are asked for", async () => {
    startWebSocket({ acks: false });
    await connected();
    relay.publish(...events(3));
    await stored(3);
    await end();
    expect(relay.acked).toEqual([]);
  });

  it("are not sent while the store is away; then all are", async () => {
    store.away = storeAway();
    const source = startWebSocket();
    await connected();
    relay.publish(...events(30));
    await until(() => store.attempts > 3);
    expect(source.status().state).toBe("retrying");
    expect(relay.acked).toEqual([]);
    store.away = undefined;
    await until(() => relay.acked.length === 30);
    expect(store.events.size).toBe(30);
  });

  it("are sent for what was read when the source is told to stop, before it says goodbye", async () => {
    startWebSocket();
    await connected();
    const codes: number[] = [];
    peer().on("close", (code) => codes.push(code));
    store.hold();
    relay.publish(...events(5));
    await until(() => store.running > 0);
    const ended = end();
    store.letGo();
    await ended;
    await until(() => codes.length === 1);
    expect(relay.acked).toHaveLength(5);
    expect(codes).toEqual([1000]);
  });

  it("are sent for events that come again", async () => {
    startWebSocket();
    await connected();
    relay.publish(...events(2));
    await until(() => relay.acked.length === 2);
    relay.publish(...events(2));
    await until(() => relay.acked.length === 4);
    expect(store.events.size).toBe(2);
  });
});

describe("the connection", () => {
  it("outlives refused handshakes, closes with a reason, and breaks; and tells of each", async () => {
    relay.refusals.push(401, 500, 302);
    const source = startWebSocket({ authorization: "Bearer very-secret" });
    const faults = new Set<string | null>();
    const watch = setInterval(() => faults.add(source.status().fault), 1);
    await connected();
    await until(() => source.status().fault === null);
    peer().close(1008, "quota\nexceeded");
    await until(() => source.status().fault?.includes("1008 (quota exceeded)") === true);
    await until(() => relay.asked.length === 5 && relay.sockets.size === 1);
    peer().terminate();
    relay.publish(...events(1));
    await stored(1);
    clearInterval(watch);
    const told = [...faults].join("\n");
    expect(told).toContain("WEBSOCKET_AUTHORIZATION");
    expect(told).not.toContain("very-secret");
    expect(JSON.stringify(log)).not.toContain("very-secret");
    expect(relay.asked[0]?.authorization).toBe("Bearer very-secret");
  });

  it("that is closed as it should be is no fault", async () => {
    startWebSocket();
    await connected();
    peer().close(1001, "restarting");
    await until(() => relay.asked.length === 2);
    relay.publish(...events(1));
    await stored(1);
    expect(log).toEqual([]);
  });

  it("to a peer that answers no ping is given up and made anew", async () => {
    await relay.kill();
    relay.answersPings = false;
    await relay.open();
    startWebSocket({ pingMs: 50 });
    await until(() => relay.asked.length >= 2);
    expect(log[0]?.fields).toMatchObject({ fault: expect.stringContaining("ping") });
  });

  it("to a peer that answers pings stays, however long it is silent", async () => {
    startWebSocket({ pingMs: 10 });
    await connected();
    let pings = 0;
    peer().on("ping", () => pings++);
    await until(() => pings > 10);
    expect(relay.asked).toHaveLength(1);
  });

  it("is not read while nothing can be stored: the relay has to wait, and memory is bounded", async () => {
    store.hold();
    startWebSocket({ pingMs: 10 });
    await connected();
    for (let n = 0; n < 600; n++)
      relay.publish({ ...resultsEvent(`big-${n}`), padding: "x".repeat(100_000) });
    await readsNoMore();
    store.letGo();
    await until(() => relay.acked.length === 600);
    expect(store.events.size).toBe(600);
    expect(relay.asked).toHaveLength(1);
  });
});
