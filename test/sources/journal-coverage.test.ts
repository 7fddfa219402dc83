/** From when to when a journal was read, as its cursor tells. */
import { describe, expect, it } from "vitest";
import { coveredByCursor, standingOf } from "../../src/core/coverage.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { until } from "../pipeline/test-clock.ts";
import { cursors, fill, journal, liveAgain, running, start, stop, store, stored } from "./journal-rig.ts";

const HOUR_MS = 3_600_000;
const EVENT_AT = Date.parse("2026-11-22T01:00:00Z");

function fillAt(id: string, at: number): void {
  journal.events.push({ ...resultsEvent(id), time: new Date(at).toISOString() });
}

const coveredFrom = (): number | null | undefined => cursors.saved.at(-1)?.coveredFrom;

describe("the coverage of a journal", () => {
  it("begins with its first event, and goes on over a restart", async () => {
    fillAt("a", EVENT_AT);
    fillAt("b", EVENT_AT + HOUR_MS);
    start();
    await until(() => cursors.saved.at(-1)?.lastEventAt === EVENT_AT + HOUR_MS);
    expect(coveredFrom()).toBe(EVENT_AT);
    stop.abort();
    await Promise.all(running);
    liveAgain();
    fillAt("c", EVENT_AT + 9 * HOUR_MS);
    start();
    await until(() => cursors.saved.at(-1)?.lastEventAt === EVENT_AT + 9 * HOUR_MS);
    expect(coveredFrom()).toBe(EVENT_AT);
  });

  it("begins now where the journal is empty", async () => {
    const before = Date.now();
    start();
    await until(() => cursors.saved.length > 0);
    expect(coveredFrom()).toBeGreaterThanOrEqual(before);
  });

  it("after a 410 the gap is closed by reading on, if the journal still has all of it", async () => {
    await cursors.saveCursor({
      source: "journal",
      next: `${journal.url}?since=-1`,
      savedAt: EVENT_AT,
      lastEventAt: EVENT_AT,
      coveredUntil: EVENT_AT,
      coveredFrom: EVENT_AT - HOUR_MS,
    });
    fillAt("a", EVENT_AT + HOUR_MS);
    fillAt("b", Date.now() + HOUR_MS);
    start();
    await stored(2);
    await until(() => coveredByCursor(cursors.saved.at(-1) as never).length > 0);
    expect(coveredFrom()).toBe(EVENT_AT);
    expect(cursors.covered).toMatchObject([{ from: EVENT_AT - HOUR_MS, until: EVENT_AT, by: "reading" }]);
    const [gap] = cursors.gaps;
    const covered = cursors.saved.flatMap(coveredByCursor);
    expect(standingOf(gap as never, covered, 0)).toMatchObject({ state: "repaired", repairedBy: "reading" });
  });

  it("after a 410 what the journal keeps no longer stays a gap", async () => {
    await cursors.saveCursor({
      source: "journal",
      next: `${journal.url}?since=-1`,
      savedAt: EVENT_AT,
      lastEventAt: EVENT_AT,
      coveredUntil: EVENT_AT,
      coveredFrom: null,
    });
    fillAt("a", EVENT_AT + 5 * HOUR_MS);
    fillAt("b", Date.now() + HOUR_MS);
    start();
    await until(() => coveredFrom() === EVENT_AT + 5 * HOUR_MS);
    const covered = cursors.saved.flatMap(coveredByCursor);
    expect(standingOf(cursors.gaps[0] as never, covered, 0)).toMatchObject({
      state: "open",
      rest: [{ from: EVENT_AT, until: EVENT_AT + 5 * HOUR_MS }],
    });
  });
});

describe("a reading that is to stop", () => {
  it("does not chase an end that runs ahead of it", async () => {
    journal.pageSize = 2;
    for (let n = 0; n < 10; n++) fillAt(`e${n}`, EVENT_AT + n * 1_000);
    start({ resume: false, stopAtEnd: true, stopAfter: EVENT_AT + 3_500 });
    await Promise.all(running);
    expect([...store.events.keys()]).toEqual(["e0", "e1", "e2", "e3", "e4", "e5"]);
    expect(cursors.saved).toEqual([]);
  });

  it("records no gap when its position expires, and says so", async () => {
    fill(30);
    let expired = 0;
    journal.fail(410);
    start({
      resume: false,
      stopAtEnd: true,
      start: { at: "seek", back: "PT1H" },
      onExpired: () => expired++,
    });
    await Promise.all(running);
    expect([expired, store.events.size, cursors.gaps.length]).toEqual([1, 30, 0]);
  });
});
