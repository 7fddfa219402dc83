import { Agent } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Source } from "../../src/core/ports.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { fixedToken, type TokenProvider } from "../../src/sources/ims-token.ts";
import { createJournalSource, type JournalOptions } from "../../src/sources/journal.ts";
import { MemoryStore, storeAway } from "../pipeline/memory-store.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { fastClock, listLogger, until, type LogLine } from "../pipeline/test-clock.ts";
import { FakeJournal, JOURNAL_PATH, MemoryCursors } from "./fake-journal.ts";

let journal: FakeJournal;
let store: MemoryStore;
let cursors: MemoryCursors;
let pipeline: Pipeline;
let log: LogLine[];
let stop: AbortController;
let running: Promise<void>[];
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

/** Time runs 100 times as fast, so that backing off takes milliseconds. */
function start(options: Partial<JournalOptions> = {}): Source {
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

function fill(count: number, from = 0): void {
  for (let n = from; n < from + count; n++) journal.events.push(resultsEvent(`e${n}`));
}

const stored = (count: number): Promise<void> => until(() => store.events.size === count);
const sinceOf = (url: string): number => Number(new URL(url).searchParams.get("since"));

describe("reading", () => {
  it("follows the Link header from page to page, relative or absolute, and goes on when more arrives", async () => {
    for (const links of ["relative", "absolute"] as const) {
      journal.links = links;
      fill(35, journal.events.length);
      const source = start({ name: links });
      await stored(journal.events.length);
      fill(3, journal.events.length);
      await stored(journal.events.length);
      expect(source.status()).toMatchObject({ path: "journal", fault: null });
      expect(source.status().lastEventAt).toBe(Date.parse("2026-08-14T17:30:00Z"));
    }
  });

  it("sends token, client id and organisation", async () => {
    const headers: unknown[] = [];
    journal.detours.push(({ headers: sent }) => {
      headers.push(sent["authorization"], sent["x-api-key"], sent["x-ims-org-id"]);
      return false;
    });
    start();
    await until(() => journal.asked.length > 0);
    expect(headers.slice(0, 3)).toEqual(["Bearer token", "client", "org@AdobeOrg"]);
  });

  it("keeps asking at the end of the journal, with and without retry-after", async () => {
    journal.retryAfter = undefined;
    const source = start({ idlePollMs: 100 });
    await until(() => journal.asked.length > 3);
    journal.retryAfter = "1";
    fill(1);
    await stored(1);
    await until(() => source.status().state === "idle");
  });

  it("survives a 204 without a Link", async () => {
    journal.links = "none";
    start({ idlePollMs: 10 });
    await until(() => journal.asked.length > 3);
    journal.links = "relative";
    fill(1);
    await stored(1);
  });

  it("reads ahead while former pages are being stored, but not without bound", async () => {
    fill(200);
    store.hold();
    start({ pagesInFlight: 4 });
    await until(() => journal.asked.length === 4);
    expect(cursors.saved).toEqual([]);
    store.letGo();
    await stored(200);
  });

  it("begins where it is told to: the latest event, or some time back", async () => {
    fill(30);
    start({ name: "latest", start: { at: "latest" } });
    await stored(1);
    start({ name: "seek", start: { at: "seek", back: "PT6H" } });
    await stored(30);
    expect(journal.asked[0]).toBe(`${JOURNAL_PATH}?latest=true`);
    expect(journal.asked).toContain(`${JOURNAL_PATH}?seek=-PT6H`);
  });

  it("reads to the end and stops there, without touching the cursor, for a backfill", async () => {
    fill(25);
    start({ resume: false, stopAtEnd: true });
    await Promise.all(running);
    expect(store.events.size).toBe(25);
    expect(cursors.saved).toEqual([]);
  });

  it("reads several journals side by side, each with its own cursor", async () => {
    fill(12);
    start({ name: "a" });
    start({ name: "b" });
    await until(() => ["a", "b"].every((name) => cursors.saved.some((cursor) => cursor.source === name)));
    await stored(12);
  });
});

describe("the cursor", () => {
  it("is never ahead of the rows", async () => {
    fill(100);
    const ahead: number[] = [];
    cursors.beforeSave = ({ next }) => {
      const read = sinceOf(next);
      for (let n = 0; n < read; n++) if (!store.events.has(`e${n}`)) ahead.push(n);
    };
    start();
    await until(() => sinceOf(cursors.saved.at(-1)?.next ?? "http://x/?since=0") === 100);
    expect(ahead).toEqual([]);
  });

  it("does not move past a page whose rows are not stored, though later pages are", async () => {
    fill(40);
    let refusals = 5;
    const accept: Pipeline["accept"] = async (delivery) => {
      if (Buffer.from(delivery.payload).includes('"e10"') && refusals-- > 0) throw storeAway();
      return pipeline.accept(delivery);
    };
    cursors.beforeSave = ({ next }) => {
      if (sinceOf(next) > 10) expect(refusals).toBeLessThanOrEqual(0);
    };
    start({ intake: { accept, ready: () => Promise.resolve() } });
    await until(() => sinceOf(cursors.saved.at(-1)?.next ?? "http://x/?since=0") === 40);
    expect(store.events.size).toBe(40);
  });

  it("stays before a page that is not stored when told to stop, though the page behind it is", async () => {
    fill(30);
    const accept: Pipeline["accept"] = async (delivery) => {
      if (Buffer.from(delivery.payload).includes('"e10"')) throw storeAway();
      return pipeline.accept(delivery);
    };
    start({ intake: { accept, ready: () => Promise.resolve() } });
    await stored(20);
    stop.abort();
    await Promise.all(running);
    expect(cursors.saved.map(({ next }) => sinceOf(next))).toEqual([10]);
  });

  it("after a kill between rows and cursor the rows are read again, and nothing is counted twice", async () => {
    fill(30);
    cursors.beforeSave = () => {
      throw storeAway();
    };
    start();
    await stored(30);
    stop.abort();
    await Promise.all(running);
    expect(cursors.saved).toEqual([]);
    cursors.beforeSave = () => undefined;
    stop = new AbortController();
    start();
    await until(() => cursors.saved.length > 0);
    await until(() => sinceOf(cursors.saved.at(-1)?.next ?? "http://x/?since=0") === 30);
    expect(store.facts.size).toBe(30);
  });

  it("is picked up at restart", async () => {
    fill(20);
    start();
    await stored(20);
    stop.abort();
    await Promise.all(running);
    expect(sinceOf(cursors.saved.at(-1)?.next ?? "")).toBe(20);
    const before = journal.asked.length;
    fill(5, 20);
    stop = new AbortController();
    start();
    await stored(25);
    expect(journal.asked[before]).toBe(`${JOURNAL_PATH}?since=20`);
  });

  it("of another journal is ignored, with a warning", async () => {
    fill(3);
    const next = journal.url.replace("registration-a", "registration-b");
    await cursors.saveCursor({ source: "journal", next: `${next}?since=99`, savedAt: 1, lastEventAt: null });
    start();
    await stored(3);
    expect(log.some(({ level, message }) => level === "warn" && message.includes("another journal"))).toBe(
      true,
    );
  });
});

describe("faults", () => {
  it("outlives 403, 404, 429, 500, 503 and broken connections, and logs each kind once", async () => {
    fill(25);
    journal.fail(500, 503, 429, 403, 404);
    journal.detours.push((request) => {
      request.socket.destroy();
      return true;
    });
    start();
    await stored(25);
    expect(journal.asked.length).toBeGreaterThan(8);
    expect(log.filter(({ level }) => level === "warn").length).toBe(1);
    expect(log.filter(({ message }) => message.includes("over")).length).toBe(1);
  });

  it("waits as long as Retry-After says", async () => {
    fill(1);
    const waits: number[] = [];
    const clock = fastClock(100);
    const sleep = (ms: number, signal?: AbortSignal) => {
      waits.push(ms);
      return clock.sleep(ms, signal);
    };
    journal.detours.push((_, response) => {
      response.writeHead(429, { "retry-after": "30" }).end();
      return true;
    });
    start({ clock: { now: () => clock.now(), sleep }, random: () => 0 });
    await stored(1);
    expect(waits[0]).toBe(30_000);
  });

  it("gives up on an answer that does not come, and asks again", async () => {
    fill(1);
    journal.detours.push(() => true);
    start({ timeoutMs: 50 });
    await stored(1);
  });

  it("records a gap at 410 and goes on from the oldest event", async () => {
    fill(10);
    const source = start();
    await stored(10);
    await until(() => source.status().state === "idle");
    fill(20, 10);
    journal.oldest = 25;
    await until(() => store.events.has("e29"));
    expect(store.events.has("e25")).toBe(true);
    expect(cursors.gaps.length).toBe(1);
    const [gap] = cursors.gaps;
    expect(gap).toMatchObject({ source: "journal", reason: "position_expired" });
    expect(gap?.from).toBeLessThan(gap?.until ?? 0);
    expect(journal.asked).toContain(JOURNAL_PATH);
  });

  it("records the gap since the last event after a restart with an expired cursor", async () => {
    fill(30);
    journal.oldest = 20;
    const lastEventAt = Date.parse("2026-08-01T00:00:00Z");
    await cursors.saveCursor({
      source: "journal",
      next: `${journal.url}?since=3`,
      savedAt: lastEventAt + 5,
      lastEventAt,
    });
    start();
    await stored(10);
    expect(cursors.gaps.map(({ from }) => from)).toEqual([lastEventAt]);
  });

  it("renews the token at once when it is refused", async () => {
    fill(15);
    const good = new Set(["t1"]);
    let issued = 0;
    let current: string | undefined;
    const token: TokenProvider = {
      get: async () => (current ??= `t${++issued}`),
      invalidate: (refused) => (current = current === refused ? undefined : current),
    };
    for (let n = 0; n < 100; n++) {
      journal.detours.push((request, response) => {
        if (good.has(String(request.headers.authorization).slice(7))) return false;
        response.writeHead(401).end();
        return true;
      });
    }
    start({ token });
    await stored(15);
    good.clear();
    good.add("t2");
    fill(5, 15);
    await stored(20);
    expect(issued).toBe(2);
    expect(log.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("backs off when new tokens are refused too, and when there is none", async () => {
    fill(1);
    journal.fail(401, 401, 401, 401);
    let failures = 3;
    const token: TokenProvider = {
      get: () => (failures-- > 0 ? Promise.reject(new Error("no identity service")) : Promise.resolve("t")),
      invalidate: () => undefined,
    };
    start({ token });
    await stored(1);
  });

  it("puts a page that cannot be decoded into dead letters and goes on behind it", async () => {
    fill(25);
    journal.detours.push((_, response) => {
      const link = `<${JOURNAL_PATH}?since=10>; rel="next"`;
      response.writeHead(200, { link }).end('{"events":[{"position":"p"}}');
      return true;
    });
    start();
    await until(() => store.events.size === 15);
    expect([...store.deadLetters.values()].map(({ code }) => code)).toEqual(["PAGE_UNREADABLE"]);
  });

  it("asks again for a page that was cut off on its way, and loses none of it", async () => {
    fill(25);
    journal.detours.push((_, response) => {
      response
        .writeHead(200, { link: `<${JOURNAL_PATH}?since=10>; rel="next"` })
        .end('{"events":[{"position":"p"');
      return true;
    });
    start();
    await stored(25);
    expect(store.deadLetters.size).toBe(0);
  });

  it("stores a page without a Link to the next, reports the fault, and asks again later", async () => {
    fill(5);
    journal.links = "none";
    const source = start();
    await stored(5);
    await until(() => source.status().fault?.includes("Link") === true);
    expect(source.status().state).toBe("retrying");
    journal.links = "absolute";
    fill(5, 5);
    await stored(10);
    await until(() => source.status().fault === null);
  });

  it("never carries its credentials to where a foreign Link points", async () => {
    const thief = new FakeJournal();
    await thief.open();
    fill(5);
    journal.detours.push((_, response) => {
      response.writeHead(200, { link: `<${thief.url}?since=1>; rel="next"` }).end('{"events":[]}');
      return true;
    });
    start();
    await stored(5);
    expect(thief.asked).toEqual([]);
    await thief.close();
  });

  it("refuses a page that is far too long, without keeping it in memory", async () => {
    fill(1);
    journal.detours.push((_, response) => {
      response.writeHead(200).end(Buffer.alloc(100_000, 32));
      return true;
    });
    const source = start({ maxPageBytes: 50_000 });
    await stored(1);
    expect(source.status().fault).toBe(null);
  });

  it("keeps a page and tries again while the store is away", async () => {
    fill(30);
    store.away = storeAway();
    const source = start();
    await until(() => store.attempts > 3);
    expect(source.status()).toMatchObject({ state: "retrying" });
    expect(cursors.saved).toEqual([]);
    store.away = undefined;
    await stored(30);
    await until(() => source.status().fault === null);
  });

  it("stops when told to, also while the store is away", async () => {
    fill(30);
    store.away = storeAway();
    const source = start();
    await until(() => store.attempts > 1);
    stop.abort();
    await Promise.all(running);
    expect(source.status().state).toBe("stopped");
  });
});
