import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { storeAway } from "../pipeline/memory-store.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { fastClock, until } from "../pipeline/test-clock.ts";
import {
  cursors,
  deadCodes,
  end,
  events,
  log,
  readsNoMore,
  relay,
  startSse,
  store,
  stored,
} from "./relay-rig.ts";

const lastIds = (): unknown[] => relay.asked.map((headers) => headers["last-event-id"]);
const cursorId = (): string | undefined => cursors.saved.at(-1)?.next.split("#")[1];

describe("events", () => {
  it("are taken by whatever name, alone, as a batch, as a page or in an envelope", async () => {
    startSse();
    const [one, two, three, four, five] = events(5);
    relay.frameOf = (id, text) => `id: ${id}\n${id % 2 === 0 ? "" : `event: kind-${id}\n`}data: ${text}\n\n`;
    relay.publish(one, [two, three], { events: [{ position: "p", event: four }] }, { detail: five });
    await stored(5);
    expect(store.deadLetters.size).toBe(0);
  });

  it.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("end with a blank line of %s, and are taken before the next one comes", async (_, line) => {
    relay.frameOf = (id, text) => [`id: ${id}`, `data: ${text}`, "", ""].join(line);
    startSse();
    relay.publish(...events(3));
    await stored(3);
  });

  it("may be written over several lines of data, and with a byte order mark before them", async () => {
    relay.preamble = "\u{FEFF}";
    relay.frameOf = (id, text) => `id: ${id}\ndata: ${text.replaceAll(",", ",\ndata: ")}\n\n`;
    relay.publish(...events(3));
    startSse();
    await stored(3);
  });

  it("without data, and comments, are signs of life and nothing else", async () => {
    const source = startSse();
    await until(() => relay.streams.size === 1);
    for (const stream of relay.streams) stream.write(": beat\n\ndata:\n\nevent: ping\ndata\n\n:\n\n:\n:\n");
    relay.publish(...events(2));
    await stored(2);
    expect(store.deadLetters.size).toBe(0);
    expect(source.status()).toMatchObject({ path: "sse", state: "reading", fault: null, coveredUntil: null });
    expect(source.status().lastEventAt).toBe(Date.parse("2026-08-14T17:30:00Z"));
  });

  it("that are too long become dead letters, and the stream goes on", async () => {
    startSse({ maxEventBytes: 4_000 });
    relay.publish(resultsEvent("a"), "x".repeat(300_000), resultsEvent("b"));
    await stored(2);
    await until(() => deadCodes().length === 1);
    const [letter] = store.deadLetters.values();
    expect(letter).toMatchObject({ code: "EVENT_TOO_LARGE", path: "sse", source: "sse" });
    expect(letter?.body.length).toBeLessThanOrEqual(4_000);
    await until(() => cursorId() === "3");
    expect(lastIds()).toEqual([undefined]);
  });

  it("that are no JSON, or not UTF-8, become dead letters, and the stream goes on", async () => {
    startSse();
    await until(() => relay.streams.size === 1);
    relay.publish("not json");
    for (const stream of relay.streams) stream.write(Buffer.from('id: 2\ndata: {"id":"\xff"}\n\n', "latin1"));
    relay.publish(resultsEvent("b"));
    await stored(1);
    await until(() => deadCodes().length === 2);
    expect(deadCodes().sort()).toEqual(["EVENT_NOT_UTF8", "EVENT_UNREADABLE"]);
  });
});

describe("the position", () => {
  it("is kept once the event is stored, and sent after a restart", async () => {
    relay.publish(...events(3));
    startSse();
    await stored(3);
    await until(() => cursorId() === "3");
    await end();
    relay.publish(...events(2, 3));
    startSse();
    await stored(5);
    expect(lastIds()).toEqual([undefined, "3"]);
    expect(store.batches.flatMap((batch) => batch.events)).toHaveLength(5);
  });

  it("is not kept while the store is away, and nothing is lost", async () => {
    store.away = storeAway();
    relay.publish(...events(30));
    const source = startSse();
    await until(() => store.attempts > 3);
    expect(source.status()).toMatchObject({ state: "retrying" });
    expect(cursors.saved).toEqual([]);
    store.away = undefined;
    await stored(30);
    await until(() => cursorId() === "30");
    expect(source.status().fault).toBe(null);
  });

  it("never runs ahead of an event that is not stored yet", async () => {
    startSse();
    relay.publish(...events(1));
    await until(() => cursorId() === "1");
    store.hold();
    relay.publish(...events(20, 1));
    await until(() => store.running > 0);
    expect(cursorId()).toBe("1");
    store.letGo();
    await until(() => cursorId() === "21");
  });

  it("is sent within a run for what has been received, as it stands", async () => {
    relay.frameOf = (id, text) => `id: Ü ${id}\ndata: ${text}\n\n`;
    relay.publish(...events(2));
    startSse();
    await stored(2);
    relay.fail(503);
    for (const stream of relay.streams) stream.destroy();
    await until(() => relay.asked.length >= 3);
    expect(Buffer.from(String(lastIds()[2]), "latin1").toString()).toBe("Ü 2");
  });

  it("of another stream is not told to this one", async () => {
    await cursors.saveCursor({
      source: "sse",
      next: "https://another.example/stream#77",
      savedAt: 1,
      lastEventAt: null,
      coveredUntil: null,
      coveredFrom: null,
    });
    relay.publish(...events(1));
    startSse();
    await stored(1);
    expect(lastIds()).toEqual([undefined]);
  });

  it("that the relay does not know any more (410) is given up, with a word in the log", async () => {
    relay.publish(...events(1));
    startSse();
    await stored(1);
    relay.fail(410);
    relay.publish(...events(1, 1));
    for (const stream of relay.streams) stream.destroy();
    await until(() => relay.asked.length === 3);
    expect(lastIds()[2]).toBeUndefined();
    expect(log.filter(({ message }) => message.includes("last event"))).toHaveLength(1);
  });
});

describe("the connection", () => {
  it("outlives 204, 401, 404, 429, 500, 503, another content type and a broken connection", async () => {
    relay.publish(...events(3));
    relay.fail(204, 401, 404, 429, 500, 503);
    relay.detours.push((_, response) =>
      Boolean(response.writeHead(200, { "content-type": "text/html" }).end("x")),
    );
    relay.detours.push((request) => Boolean(request.socket.destroy()));
    const source = startSse();
    await until(() => source.status().fault?.includes("SSE_AUTHORIZATION") === true);
    expect(source.status().state).toBe("retrying");
    await stored(3);
    await until(() => source.status().fault === null);
    expect(log.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("asks for what proxies leave alone, with the credentials, which are never told", async () => {
    startSse({ authorization: "Bearer very-secret" });
    relay.fail(401);
    await until(() => relay.streams.size === 1);
    expect(relay.asked[0]).toMatchObject({
      accept: "text/event-stream",
      "cache-control": "no-cache, no-transform",
      authorization: "Bearer very-secret",
    });
    expect(JSON.stringify(log)).not.toContain("very-secret");
  });

  it("follows a redirect within its origin, and none to another", async () => {
    let visits = 0;
    const thief = createServer((_, response) => {
      visits++;
      response.end();
    });
    await new Promise<void>((resolve) => thief.listen(0, "127.0.0.1", resolve));
    const there = `http://127.0.0.1:${(thief.address() as AddressInfo).port}/`;
    relay.detours.push((_, response) => Boolean(response.writeHead(307, { location: there }).end()));
    relay.detours.push((_, response) => Boolean(response.writeHead(307, { location: "/elsewhere" }).end()));
    relay.publish(...events(1));
    startSse();
    await stored(1);
    thief.close();
    expect(visits).toBe(0);
    expect(log[0]?.fields).toMatchObject({ fault: expect.stringContaining("redirects to http://127.0.0.1") });
  });

  it("that stays without a byte is taken for dead, and says what may be the reason", async () => {
    relay.preamble = "";
    relay.detours.push((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      return true;
    });
    startSse({ silenceMs: 200 });
    relay.publish(...events(1));
    await stored(1);
    expect(log[0]?.fields).toMatchObject({ fault: expect.stringContaining("proxy") });
  });

  it("that falls silent is made anew, from where it was", async () => {
    relay.publish(...events(1));
    startSse({ silenceMs: 200 });
    await stored(1);
    relay.messages.push(JSON.stringify(resultsEvent("e1"))); // nobody is told of it
    await stored(2);
    expect(lastIds()[1]).toBe("1");
  });

  it.each([
    ["as long as the server asks for", "retry: 7000\n\n", 7_000],
    ["a minute at most", "retry: 999999999\n\n", 60_000],
    ["no longer for what only looks like it", "data: retry: 7000\n\n", 0],
  ])("waits %s before it comes back", async (_, preamble, least) => {
    const waits: number[] = [];
    const clock = fastClock(10_000);
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      waits.push(ms);
      return clock.sleep(ms, signal);
    };
    relay.preamble = preamble;
    startSse({ clock: { now: () => clock.now(), sleep }, random: () => 0 });
    await until(() => relay.streams.size === 1);
    await new Promise((resolve) => setImmediate(resolve));
    for (const stream of relay.streams) stream.end();
    await until(() => relay.asked.length === 2);
    expect(waits[0]).toBe(least);
  });

  it("is not read while nothing can be stored: the relay has to wait, and memory is bounded", async () => {
    store.hold();
    const text = JSON.stringify({ ...resultsEvent("big"), padding: "x".repeat(100_000) });
    relay.frameOf = (id) => `id: ${id}\ndata: ${text.replace("big", `big-${id}`)}\n\n`;
    for (let n = 0; n < 600; n++) relay.messages.push("");
    startSse();
    await until(() => relay.streams.size === 1);
    await readsNoMore();
    store.letGo();
    await stored(600);
  });
});
