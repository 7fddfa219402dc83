import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fact, JobFact } from "../../src/core/fact.ts";
import type { SubmissionInput } from "../../src/core/submission.ts";
import type { Store } from "../../src/store/store.ts";
import { results, START, submission as anySubmission } from "./facts.ts";
import { STORE_PATHS, type StorePath } from "./store-paths.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";
import { NO_COUNTS } from "../../src/core/record-counts.ts";

const MINUTE = 60_000;
const EVERY = {};

function submission(id: string, changes: Partial<SubmissionInput> = {}): Fact {
  return anySubmission({ submissionId: id, requestId: id, httpStatus: 202, ...changes });
}

function result(id: string, requestId: string, changes: Record<string, unknown> = {}): Fact {
  const [fact] = results(id, requestId, changes);
  if (fact === undefined) throw new Error("no fact");
  return fact;
}

/** The same fact at another time, of another instance. */
const moved = (fact: Fact, at: number, instance = fact.instance): Fact => ({ ...fact, at, t0: at, instance });

describe.each(STORE_PATHS)("bands of the store, $name", ({ open }) => {
  let path: StorePath;
  let store: Store;
  const append = (...facts: Fact[]): Promise<void> => store.append({ ...EMPTY_BATCH, facts });
  beforeAll(async () => {
    path = await open();
    store = path.store;
  });
  afterAll(() => path.close());

  it("finds the requests that began in a band, by their beginning, each once", async () => {
    const at = START - 40 * 86_400_000 + 30_500;
    const begun = (id: string, after: number, instance?: string): Fact =>
      moved(submission(id), at + after, instance);
    await append(begun("b-2", 1), begun("b-1", 2), begun("b-before", -1), begun("b-until", 90_000));
    await append(begun("b-last", 89_999, "other"), begun("b-2", 1));
    expect(await store.requestsInBand(EVERY, at, at + 90_000)).toEqual(["b-2", "b-1", "b-last"]);
    const only = { only: ["other"] };
    const except = { except: ["other", "none"] };
    expect(await store.requestsInBand(only, at, at + 90_000)).toEqual(["b-last"]);
    expect(await store.requestsInBand(except, at, at + 90_000)).toEqual(["b-2", "b-1"]);
    expect(await store.requestsInBand({ except: [] }, at, at + 90_000)).toHaveLength(3);
    expect(await store.requestsInBand(EVERY, at, at)).toEqual([]);
  });

  it("leaves out of a band what its facts show as done, and nothing else", async () => {
    const at = START - 41 * 86_400_000 + 30_500;
    const begun = (fact: Fact): Fact => moved(fact, at);
    const done = { received: 10, created: 6, updated: 4 };
    await append(
      begun(submission("d-done")),
      begun(result("d1", "d-done", { records: done })),
      begun(result("d2", "d-stream-only", { records: done })),
      begun(submission("d-open")),
      begun(result("d3", "d-open", { records: { received: 9, created: 9 } })),
      begun(result("d4", "d-open-stream-only", { records: { received: 10, created: 9 } })),
      begun(submission("d-failed")),
      begun(result("d5", "d-failed", { records: { received: 10, created: 9, failed: { "1004": 1 } } })),
      begun(submission("d-nothing")),
    );
    // the same event once more, and a submission that began in another band
    await append(begun(result("d4", "d-open-stream-only", { records: { received: 10, created: 9 } })));
    await append(begun(result("d6", "d-apart", { records: done })));
    await append(moved(submission("d-apart", { records: 11 }), at + 60_000));
    expect([...(await store.requestsInBand(EVERY, at, at + 1))].toSorted()).toEqual([
      "d-failed",
      "d-nothing",
      "d-open",
      "d-open-stream-only",
    ]);
    expect(await store.requestsInBand(EVERY, at + 60_000, at + 60_001)).toEqual(["d-apart"]);
  });

  it("notes what is refused or tells of a job as it arrives, and what is late as far as it may change an alert", async () => {
    const now = Date.now();
    const [fresh, late] = [now - 30_000, now - 6 * MINUTE];
    const job: JobFact = {
      ...(submission("n-job") as unknown as JobFact),
      kind: "job",
      factId: "7",
      jobState: "Failed",
      retries: 0,
    };
    await store.saveMembers([
      {
        rule: "link-retry-exhausted",
        requestId: "n-late-firing",
        alertId: "n",
        status: "firing",
        evidence: "inferred",
        reason: "",
        outstanding: 1,
        failed: NO_COUNTS,
        changedAt: now,
      },
    ]);
    const done = { records: { received: 1, created: 1 } };
    await append(
      moved(submission("n-accepted"), fresh),
      moved(result("n1", "n-good", { records: { received: 1, created: 1 } }), fresh),
      moved(result("n2", "n-failed", { records: { received: 1, failed: { "1004": 1 } } }), fresh),
      moved(submission("n-refused", { httpStatus: 429 }), fresh),
      moved(result("n3", "n-late-done", done), late),
      moved(result("n4", "n-late-firing", done), late),
      moved(result("n5", "n-late-open", { records: { received: 2, created: 1 } }), late),
      moved(result("n6", "n-late-failed", { records: { received: 1, failed: { "1004": 1 } } }), late),
      moved(submission("n-late-submission"), late),
      moved(result("n7", "n-later-open", { records: { received: 2, created: 1 } }), late + MINUTE),
      moved(job, fresh),
    );
    const arrived = async (begunBefore: number): Promise<string[]> => {
      const found = await store.notableArrivals(now - 1_000, Date.now() + 1_000, begunBefore);
      return found.filter((id) => id.startsWith("n-")).toSorted();
    };
    const passed = ["n-late-failed", "n-late-firing", "n-late-open", "n-late-submission"];
    expect(await arrived(late + 1)).toEqual(["n-job", ...passed, "n-refused"].toSorted());
    expect(await arrived(late)).toEqual(["n-job", "n-refused"]);
    const before = await store.notableArrivals(now - 600_000, now - 1_001, now);
    expect(before.filter((id) => id.startsWith("n-"))).toEqual([]);
  });

  it("keeps a cursor for each sweep, that which was saved last", async () => {
    expect(await store.loadSweepCursor("a")).toBeUndefined();
    for (const at of [START, START + 5, START + 2]) await store.saveSweepCursor("a", at);
    await store.saveSweepCursor("b", 1);
    expect(await store.loadSweepCursor("a")).toBe(START + 2);
  });

  it("shares failures out by instance and object name, each result once, by the time of the result", async () => {
    const from = START - 80 * 86_400_000;
    const share = (id: string, at: number, records: object, objectName: string): Fact => ({
      ...result(id, `of-${id}`, { records }),
      at,
      t0: at - 60 * MINUTE,
      objectName,
    });
    const good = share("s1", from, { received: 10, created: 5, updated: 5 }, "purchases");
    const bad = share("s2", from + 1, { received: 6, failed: { "1004": 5, "1003": 1 } }, "purchases");
    await append(
      good,
      bad,
      share("s3", from + 2, { received: 3, created: 3 }, "visits"),
      share("s4", from - 1, { received: 100, failed: { "1004": 100 } }, "purchases"),
      share("s5", from + MINUTE, { received: 100, failed: { "1004": 100 } }, "purchases"),
    );
    await append(good, bad, submission("s6"));
    expect(await store.failureShares(from, from + MINUTE)).toEqual([
      { instance: good.instance, objectName: "purchases", accounted: 16, failed: 6 },
      { instance: good.instance, objectName: "visits", accounted: 3, failed: 0 },
    ]);
  });

  it("knows which instances owe results since when", async () => {
    const at = Date.now() - 2 * 86_400_000;
    await append(
      moved(result("w1", "w-1"), at, "idle"),
      moved(submission("w-2"), at - 1, "idle"),
      moved(result("w3", "w-3"), at, "silent"),
      moved(submission("w-4"), at + 1, "silent"),
      moved(submission("w-5"), at + 3 * MINUTE, "silent"),
      moved(submission("w-6"), at + 4 * MINUTE, "new"),
      moved(submission("w-7", { httpStatus: 429 }), at, "refused"),
    );
    await append(moved(result("w3", "w-3"), at, "silent"));
    const owing = (await store.awaitedInstances(at + 5 * MINUTE)).filter(
      (one) => one.instance !== "123-ABC-456",
    );
    expect(owing).toEqual([
      { instance: "new", lastResultAt: 0, awaitedSince: at + 4 * MINUTE },
      { instance: "silent", lastResultAt: at, awaitedSince: at + 1 },
    ]);
  });

  it("gives the stream's statuses, gaps, cursors and the count of dead letters", async () => {
    const status = { instance: "q", quota: 7, priority: "high", requestBacklog: 1, recordBacklog: 2 };
    const statuses = [1, 2, 3].map((n) => ({ ...status, eventId: `e${n}`, at: START + n, lagSeconds: n }));
    await store.append({ ...EMPTY_BATCH, statuses });
    await store.append({ ...EMPTY_BATCH, statuses });
    expect(await store.streamStatuses(START + 1, START + 3)).toEqual(statuses.slice(0, 2));
    const gap = { source: "j", from: START, until: START + 5, reason: "position_expired" } as const;
    await store.recordGap(gap);
    expect(await store.coverageGaps(START + 4)).toEqual([gap]);
    expect(await store.coverageGaps(START + 5)).toEqual([]);
    const cursor = {
      source: "j",
      next: "n",
      savedAt: START,
      lastEventAt: null,
      coveredUntil: null,
      coveredFrom: null,
    };
    await store.saveCursor(cursor);
    expect(await store.journalCursors()).toEqual([cursor]);
    expect(await store.countDeadLetters()).toBe(0);
  });
});
