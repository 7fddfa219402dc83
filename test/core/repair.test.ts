import { describe, expect, it } from "vitest";
import { cutShort, judgeRepair, planRepair, repairTiming, type WantedRepair } from "../../src/core/repair.ts";
import { repairRun } from "./repair-runs.ts";

const MINUTE = 60_000;
const TIMING = repairTiming(1);
const NOW = Date.UTC(2026, 10, 22);
const GAP: WantedRepair = { source: "journal", why: "position_expired", from: NOW - 90 * MINUTE, until: NOW };
const SILENT: WantedRepair = { ...GAP, why: "path_silent" };

/** A try for the gap, that began and ended so many minutes after it. */
const tried = (minutes: number, over: Parameters<typeof repairRun>[0] = {}) => {
  const at = NOW + minutes * MINUTE;
  const id = `r-${minutes}`;
  return repairRun({ repairId: id, from: GAP.from, startedAt: at, endedAt: at, state: "done", ...over });
};

describe("a repair", () => {
  it("is due at once for a gap, and after a while for what may still come by itself", () => {
    expect(judgeRepair(GAP, [], TIMING, NOW)).toEqual({ kind: "due", at: NOW, tries: 0 });
    expect(judgeRepair(SILENT, [], TIMING, NOW)).toEqual({ kind: "due", at: NOW + 15 * MINUTE, tries: 0 });
  });

  it("is tried with longer and longer pauses, and then given up", () => {
    const runs = [tried(0), tried(15), tried(75), tried(315)];
    expect(judgeRepair(GAP, runs.slice(0, 1), TIMING, NOW)).toMatchObject({ at: NOW + 15 * MINUTE });
    expect(judgeRepair(GAP, runs.slice(0, 2), TIMING, NOW)).toMatchObject({ at: NOW + 75 * MINUTE });
    expect(judgeRepair(GAP, runs.slice(0, 3), TIMING, NOW)).toMatchObject({ at: NOW + 315 * MINUTE });
    expect(judgeRepair(GAP, runs, TIMING, NOW)).toEqual({ kind: "given_up", tries: 4 });
  });

  it("counts only tries that held all of the interval, and began behind it", () => {
    const others = [tried(0, { from: GAP.from + 1 }), tried(-1), tried(0, { source: "other" })];
    expect(judgeRepair(GAP, others, TIMING, NOW)).toMatchObject({ tries: 0 });
  });

  it("is too late when the journal keeps none of it", () => {
    expect(judgeRepair(GAP, [], TIMING, NOW + TIMING.keepsMs).kind).toBe("too_late");
  });

  it("is one reading for all that is due", () => {
    const older = { ...SILENT, from: NOW - 600 * MINUTE, until: NOW - 500 * MINUTE };
    expect(planRepair([SILENT, older, GAP], [], TIMING, NOW)).toEqual({
      source: "journal",
      why: "position_expired",
      from: older.from,
      until: NOW,
    });
    expect(planRepair([SILENT], [], TIMING, NOW)).toBeUndefined();
  });

  it("for a silent path rests an hour after the last, lest a stranger's events keep it going", () => {
    const later = NOW + 40 * MINUTE;
    const last = tried(-1, { reason: "path_silent" });
    expect(planRepair([SILENT], [last], TIMING, later)).toBeUndefined();
    expect(planRepair([SILENT], [last], TIMING, later + 30 * MINUTE)).toMatchObject({ why: "path_silent" });
  });

  it("that somebody asked for and that was cut short is wanted again, until another has done it", () => {
    const cut = repairRun({ state: "failed" });
    expect(cutShort([cut])).toEqual([{ source: "journal", why: "asked", from: 1_000, until: 2_000 }]);
    expect(judgeRepair(cutShort([cut])[0] as WantedRepair, [cut], TIMING, 3_000)).toMatchObject({ tries: 0 });
    expect(cutShort([cut, repairRun({ state: "done", startedAt: 2_001 })])).toEqual([]);
    expect(cutShort([repairRun({ state: "failed", reason: "path_silent" })])).toEqual([]);
  });
});
