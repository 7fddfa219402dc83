import { describe, expect, it } from "vitest";
import { type TokenProvider } from "../../src/sources/ims-token.ts";
import { storeAway } from "../pipeline/memory-store.ts";
import { fastClock, until } from "../pipeline/test-clock.ts";
import { FakeJournal, JOURNAL_PATH } from "./fake-journal.ts";
import { journal, store, cursors, log, stop, running, start, fill, stored } from "./journal-rig.ts";

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
      coveredUntil: null,
      coveredFrom: null,
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
