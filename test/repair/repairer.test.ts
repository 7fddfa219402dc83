/** The repairer over a real store, on a clock that is turned by hand, with journals that do as they are told. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { standingOf } from "../../src/core/coverage.ts";
import type { CoverageGap } from "../../src/core/ports.ts";
import { repairTiming, type WantedRepair } from "../../src/core/repair.ts";
import type { ReadableJournal, ReadingEnd, RepairFinder } from "../../src/core/repair-ports.ts";
import { createRepairer, type Repairer } from "../../src/repair/repairer.ts";
import { createSilentPathFinder } from "../../src/repair/silent-path.ts";
import { repairRun } from "../core/repair-runs.ts";
import { STORE_PATHS } from "../store/store-paths.ts";

const MINUTE = 60_000;
const TIMING = repairTiming(1);
const START = Math.floor(Date.now() / MINUTE) * MINUTE - 600 * MINUTE;

for (const path of STORE_PATHS) {
  describe(`repair, ${path.name}`, async () => {
    const { store, close } = await path.open();
    afterAll(close);
    let now: number;
    let source: string;
    let count = 0;
    let read: { from: number; at: number }[];
    let answer: () => Promise<ReadingEnd>;
    let wanted: WantedRepair[];

    beforeEach(() => {
      now = START;
      source = `journal-${++count}`;
      read = [];
      answer = async () => ({ provenFrom: read.at(-1)?.from ?? 0 });
      wanted = [];
    });

    const quiet = (): void => undefined;
    const open = (finders: RepairFinder[] = [async () => wanted], readsJournal = true): Repairer => {
      const journal: ReadableJournal = {
        source,
        async readAgain(from, onProgress) {
          read.push({ from, at: now });
          onProgress({ pages: 2, events: 9, fresh: 3, duplicate: 6, dead: 0, reachedAt: now });
          return answer();
        },
      };
      return createRepairer({
        journals: readsJournal ? [journal] : [],
        store,
        finders,
        timing: TIMING,
        clock: {
          now: () => now,
          sleep: (_ms, signal) =>
            new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted")))),
        },
        logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
        lookMs: 1,
      });
    };
    const later = (minutes: number): void => void (now = START + minutes * MINUTE);
    const runs = async () => (await store.repairRuns(0, 100)).filter((run) => run.source === source);
    const saveCursor = (from: number, until: number) =>
      store.saveCursor({
        source,
        next: "n",
        savedAt: now,
        lastEventAt: until,
        coveredUntil: until,
        coveredFrom: from,
      });
    const recordGap = async (): Promise<CoverageGap> => {
      const gap = { source, from: START - 90 * MINUTE, until: START, reason: "position_expired" } as const;
      await store.recordGap(gap);
      return gap;
    };
    const standing = async (gap: CoverageGap) =>
      standingOf(gap, await store.coveredIntervals(), START - TIMING.keepsMs);

    it("waits until reading on has passed the gap, then reads what is left of it, and it is closed", async () => {
      const gap = await recordGap();
      const repairer = open();
      await repairer.look();
      expect(read).toEqual([]);
      later(5);
      await saveCursor(gap.from + 30 * MINUTE, now);
      await repairer.look();
      expect(read).toEqual([{ from: gap.from, at: now }]);
      expect(await runs()).toMatchObject([{ state: "done", reason: "position_expired", pages: 2, fresh: 3 }]);
      expect(await standing(gap)).toMatchObject({ state: "repaired", repairedAt: now, repairedBy: "repair" });
      later(60);
      await repairer.look();
      expect(read).toHaveLength(1);
    });

    it("puts on record that reading on has closed a gap, and when", async () => {
      const gap = await recordGap();
      later(5);
      await saveCursor(gap.from, now);
      await open().look();
      expect(read).toEqual([]);
      expect(await standing(gap)).toMatchObject({
        state: "repaired",
        repairedAt: now,
        repairedBy: "reading",
      });
    });

    it("tries what does not help four times, and no more", async () => {
      const gap = await recordGap();
      answer = async () => ({ provenFrom: START - 10 * MINUTE });
      const repairer = open();
      for (const minutes of [1, 2, 15, 16, 75, 76, 315, 316, 500, 600]) {
        later(minutes);
        if (minutes === 1) await saveCursor(START - 10 * MINUTE, now);
        await repairer.look();
      }
      expect(read.map(({ at }) => (at - START) / MINUTE)).toEqual([1, 16, 76, 316]);
      expect((await standing(gap)).rest).toEqual([{ from: gap.from, until: START - 10 * MINUTE }]);
    });

    it("tries again after a fault, and after a process that died", async () => {
      const gap = await recordGap();
      later(1);
      await saveCursor(gap.from + MINUTE, now);
      answer = () => Promise.reject(new Error("the journal is on fire"));
      await open().look();
      expect(await runs()).toMatchObject([{ state: "failed", fault: "the journal is on fire" }]);
      const dead = {
        repairId: `${source}-dead`,
        source,
        from: gap.from,
        startedAt: now + 1,
        changedAt: now + 1,
      };
      await store.saveRepair(repairRun({ ...dead, reason: "position_expired" }));
      later(2);
      await open().look();
      expect(read).toHaveLength(1); // as far as is known the other one still reads
      answer = async () => ({ provenFrom: gap.from });
      later(5);
      await open().look();
      later(100);
      await open().look();
      expect((await runs()).map(({ state }) => state)).toEqual(["done", "failed", "failed"]);
      expect((await standing(gap)).state).toBe("repaired");
    });

    it("reads a journal for one at a time, and says so to the others", async () => {
      let finish: (end: ReadingEnd) => void = () => undefined;
      answer = () => new Promise((resolve) => (finish = resolve));
      const repairer = open();
      const [run] = await repairer.ask(START - 60 * MINUTE);
      expect(run).toMatchObject({ source, state: "running", reason: "asked", from: START - 60 * MINUTE });
      await expect(repairer.ask(START - MINUTE)).rejects.toMatchObject({ code: "BACKFILL_RUNNING" });
      await expect(open().ask(START - MINUTE)).rejects.toMatchObject({ code: "BACKFILL_RUNNING" });
      await expect(repairer.ask(START, "other")).rejects.toMatchObject({ code: "JOURNAL_UNKNOWN" });
      finish({ provenFrom: START - 60 * MINUTE });
      await repairer.look();
      expect(await store.findRepair(run?.repairId ?? "")).toMatchObject({
        state: "done",
        fresh: 3,
        endedAt: now,
      });
      expect((await store.coveredIntervals()).filter((one) => one.source === source)).toMatchObject([
        { by: "backfill", from: START - 60 * MINUTE, until: START },
      ]);
    });

    it("hands on what another process is to read, and reads it once, from the earliest time asked for", async () => {
      const elsewhere = open([], false);
      await expect(elsewhere.ask(START - MINUTE, source)).rejects.toMatchObject({ code: "JOURNAL_UNKNOWN" });
      await saveCursor(START - 90 * MINUTE, now);
      const [order] = await elsewhere.ask(START - 30 * MINUTE, source);
      expect(order).toMatchObject({ source, state: "waiting", reason: "asked", from: START - 30 * MINUTE });
      const all = await elsewhere.ask(START - 60 * MINUTE);
      expect(all.find((run) => run.source === source)).toMatchObject({
        repairId: order?.repairId,
        state: "waiting",
      });
      await elsewhere.look();
      expect(read).toEqual([]);

      later(1);
      const reading = open();
      await reading.look();
      await reading.look();
      expect(read).toEqual([{ from: START - 60 * MINUTE, at: now }]);
      expect(await runs()).toMatchObject([
        { repairId: order?.repairId, state: "done", startedAt: now, fresh: 3 },
      ]);
    });

    it("tries again at once what was handed on and cut short", async () => {
      await saveCursor(START - 90 * MINUTE, now);
      await open([], false).ask(START - 30 * MINUTE, source);
      later(1);
      answer = () => Promise.reject(new Error("the journal is away"));
      await open().look();
      answer = async () => ({ provenFrom: START - 30 * MINUTE });
      await open().look();
      expect((await runs()).map(({ state }) => state).toSorted()).toEqual(["done", "failed"]);
    });

    it("does not wait for a journal that nobody has read for long", async () => {
      await saveCursor(START - 90 * MINUTE, now);
      later(11);
      await expect(open([], false).ask(START, source)).rejects.toMatchObject({ code: "JOURNAL_UNKNOWN" });
    });

    it("reads what somebody else finds to be missing, after a while", async () => {
      wanted = [{ source, why: "records_missing", from: START - 60 * MINUTE, until: START }];
      const repairer = open();
      later(14);
      await repairer.look();
      expect(read).toEqual([]);
      later(15);
      await repairer.look();
      expect(await runs()).toMatchObject([{ reason: "records_missing", state: "done" }]);
    });

    it("finds the minutes of events that other sources brought and no journal did", async () => {
      const at = Date.now() - 60 * MINUTE;
      const minute = Math.floor(at / MINUTE) * MINUTE;
      const sight = (eventId: string, path: "journal" | "webhook" | "replay", time = at) => ({
        eventId: `${source}-${eventId}`,
        path,
        source: path,
        time,
      });
      const batch = { facts: [], events: [], metrics: [], statuses: [], deadLetters: [], linkKeys: [] };
      await store.append({
        ...batch,
        sightings: [
          sight("both", "journal"),
          sight("both", "webhook"),
          sight("file", "replay", at - 5 * MINUTE),
          sight("lost", "webhook"),
          sight("lost too", "webhook", at + MINUTE),
        ],
      });
      const silent = [{ from: minute, until: minute + 2 * MINUTE }];
      const soon = Date.now() + MINUTE;
      expect(await store.silentIntervals(at - 30 * MINUTE, at + 30 * MINUTE, soon)).toEqual(silent);
      expect(await store.silentIntervals(at - 30 * MINUTE, at + 30 * MINUTE, at)).toEqual([]);
      expect(await store.silentIntervals(at + 10 * MINUTE, at + 30 * MINUTE, soon)).toEqual([]);

      const cursor = { source, next: "n", savedAt: 1, lastEventAt: null, coveredFrom: at - 60 * MINUTE };
      const find = createSilentPathFinder({ store, speed: 1 });
      await store.saveCursor({ ...cursor, coveredUntil: at });
      expect(await find([source], Date.now() + 10 * MINUTE)).toEqual([]);
      await store.saveCursor({ ...cursor, savedAt: 2, coveredUntil: at + 30 * MINUTE });
      expect(await find([source], Date.now() + 20 * MINUTE)).toEqual([
        { source, why: "path_silent", ...silent[0] },
      ]);
    });
  });
}
