import { describe, expect, it } from "vitest";
import { type Pipeline } from "../../src/pipeline/pipeline.ts";
import { storeAway } from "../pipeline/memory-store.ts";
import { until } from "../pipeline/test-clock.ts";
import { JOURNAL_PATH } from "./fake-journal.ts";
import {
  journal,
  store,
  cursors,
  pipeline,
  log,
  stop,
  running,
  start,
  fill,
  stored,
  sinceOf,
  liveAgain,
} from "./journal-rig.ts";

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
    liveAgain();
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
    liveAgain();
    start();
    await stored(25);
    expect(journal.asked[before]).toBe(`${JOURNAL_PATH}?since=20`);
  });

  it("of another journal is ignored, with a warning", async () => {
    fill(3);
    const next = journal.url.replace("registration-a", "registration-b");
    await cursors.saveCursor({
      source: "journal",
      next: `${next}?since=99`,
      savedAt: 1,
      lastEventAt: null,
      coveredUntil: null,
      coveredFrom: null,
    });
    start();
    await stored(3);
    expect(log.some(({ level, message }) => level === "warn" && message.includes("another journal"))).toBe(
      true,
    );
  });
});
