import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/fact.ts";
import { createLedger } from "../../src/core/ledger.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { DeadLetter } from "../../src/core/ports.ts";
import type { Store } from "../../src/store/store.ts";
import { METRICS_EVENT, STATUS_EVENT, T0 } from "../core/events.ts";
import { clockAt, results, START, submission } from "./facts.ts";
import { SETTINGS, STORE_PATHS, type StorePath } from "./store-paths.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";

describe.each(STORE_PATHS)("the store, $name", ({ open }) => {
  let path: StorePath;
  let store: Store;
  beforeAll(async () => {
    path = await open();
    store = path.store;
  });
  afterAll(() => path.close());

  it("gives back every fact as it was, whatever its texts hold", async () => {
    const awkward = `quo"te 'single' back\\slash \n\t\u0001 ☃ 😀`;
    const facts = [
      submission({
        submissionId: "a1",
        requestId: "awkward",
        httpStatus: 202,
        errorMessage: awkward,
        labels: { [awkward]: awkward },
        respondedAt: T0,
        linkField: "email",
      }),
      ...results("a2", "awkward", {
        correlationId: awkward,
        records: { received: 2, failed: { [awkward]: 2 } },
      }),
    ];
    await store.append({ ...EMPTY_BATCH, facts });
    const read = (await store.factsOf(["awkward"])).get("awkward") ?? [];
    expect(new Set(read)).toEqual(new Set(facts));
  });

  it("takes a batch whose requests began on hundreds of different days", async () => {
    const facts = Array.from({ length: 300 }, (_, i) =>
      submission({
        submissionId: `days-${i}`,
        requestId: `days-${i}`,
        submittedAt: new Date(Date.UTC(2010, 0, 1 + i)).toISOString(),
      }),
    );
    await store.append({ ...EMPTY_BATCH, facts });
    expect(await store.factsOf(facts.map((fact) => fact.requestId))).toHaveProperty("size", 300);
  });

  it("counts a batch that was appended again once", async () => {
    const facts = results("again", "twice", { records: { received: 5, created: 5 } });
    await store.append({ ...EMPTY_BATCH, facts });
    await store.append({ ...EMPTY_BATCH, facts });
    const ledger = createLedger(store, SETTINGS, clockAt(START));
    expect((await ledger.get("twice"))?.tally.created).toBe(5);
  });

  it("prefers the fact of a newer decoder to that of an older one", async () => {
    const [old] = results("decoded", "newer", { records: { received: 5, created: 5 } });
    if (old === undefined) throw new Error("no fact");
    await store.append({ ...EMPTY_BATCH, facts: [{ ...old, version: 2, created: 4, updated: 1 } as Fact] });
    await store.append({ ...EMPTY_BATCH, facts: [old] });
    const ledger = createLedger(store, SETTINGS, clockAt(START));
    expect((await ledger.get("newer"))?.tally).toMatchObject({ created: 4, updated: 1 });
  });

  it("adopts a submission without a response when the stream shows exactly one request that fits", async () => {
    const ten = { records: { received: 10, created: 10 } };
    await store.append({
      ...EMPTY_BATCH,
      facts: [
        submission({ submissionId: "lost-1", correlationId: "adopt/1" }),
        ...results("ad1", "shown-1", { correlationId: "adopt/1", ...ten }),
        submission({ submissionId: "lost-2", correlationId: "adopt/2" }),
        ...results("ad2", "shown-2a", { correlationId: "adopt/2", ...ten }),
        ...results("ad3", "shown-2b", { correlationId: "adopt/2", ...ten }),
      ],
    });
    const ledger = createLedger(store, SETTINGS, clockAt(START + 60_000));
    expect(await ledger.get("lost-1")).toMatchObject({
      requestId: "shown-1",
      state: "succeeded",
      evidence: "inferred",
      adopted: true,
    });
    expect(await ledger.get("shown-1")).toMatchObject({ adopted: true, submittedAt: START });
    expect(await ledger.get("lost-2")).toMatchObject({ requestId: "lost-2", state: "unconfirmed" });
    expect((await ledger.correlation("adopt/1"))?.byState).toEqual({ succeeded: 1 });
  });

  it("rolls a correlation up with all that lies below it, attempts that were adopted included, and nothing beside it", async () => {
    const ids = ["paths", "paths/1", "paths/1/1-a", "paths/1/2-b", "paths-2/1", "paths/10"];
    const facts = ids.flatMap((correlationId) =>
      submission({
        submissionId: `at ${correlationId}`,
        requestId: correlationId,
        correlationId,
        httpStatus: 202,
      }),
    );
    const ten = { records: { received: 10, created: 10 } };
    const lost = submission({ submissionId: "lost-below", correlationId: "paths/1/1-lost" });
    const shown = results("below", "shown-below", { correlationId: "paths/1/1-lost", ...ten });
    await store.append({ ...EMPTY_BATCH, facts: [...facts, lost, ...shown] });
    const ledger = createLedger(store, SETTINGS, clockAt(START + 60_000));
    const under = async (id: string) =>
      (await ledger.correlation(id))?.requests.map((one) => one.requestId).toSorted();
    expect(await under("paths")).toEqual(
      [...ids.filter((id) => id !== "paths-2/1"), "shown-below"].toSorted(),
    );
    expect(await under("paths/1")).toEqual(["paths/1", "paths/1/1-a", "paths/1/2-b", "shown-below"]);
    expect(await under("paths/1/1-lost")).toEqual(["shown-below"]);
    expect(await under("path")).toBeUndefined();
  });

  it("lists newest first, page by page, each request once, by every filter", async () => {
    const t0 = (i: number): string => new Date(START - 86_400_000 * 20 - i * 3_600_000).toISOString();
    const facts = Array.from({ length: 30 }, (_, i) =>
      submission({
        submissionId: `list-${i}`,
        requestId: `list-${i}`,
        httpStatus: i % 3 === 0 ? 429 : 202,
        submittedAt: t0(i),
        correlationId: "list",
        requestSource: i % 2 === 0 ? "even" : "odd",
        objectName: "things",
        linkField: i % 5 === 0 ? "email" : "",
      }),
    );
    await store.append({ ...EMPTY_BATCH, facts });
    const ledger = createLedger(store, SETTINGS, clockAt(START));
    const ids: string[] = [];
    let after = undefined;
    do {
      const page = await ledger.list({ correlationId: "list" }, after, 7);
      ids.push(...page.items.map((one) => one.requestId));
      after = page.next;
    } while (after !== undefined);
    expect(ids).toEqual(Array.from({ length: 30 }, (_, i) => `list-${i}`));

    const count = async (filter: object): Promise<number> =>
      (await ledger.list({ correlationId: "list", ...filter }, undefined, 100)).items.length;
    expect(await count({ state: "rejected" })).toBe(10);
    expect(await count({ requestSource: "odd", state: "overdue" })).toBe(8);
    expect(await count({ linkBearing: true })).toBe(6);
    expect(await count({ objectName: "things", instance: "123-ABC-456", objectType: "person" })).toBe(30);
    expect(await count({ since: Date.parse(t0(9)), until: Date.parse(t0(4)) })).toBe(5);
    expect(await count({ clientId: "nobody" })).toBe(0);
  });

  it("rolls a correlation of more than one chunk up", async () => {
    const facts = Array.from({ length: 4_500 }, (_, i) =>
      submission({ submissionId: `big-${i}`, requestId: `big-${i}`, httpStatus: 202, correlationId: "big" }),
    );
    await store.append({ ...EMPTY_BATCH, facts });
    const ledger = createLedger(store, SETTINGS, clockAt(START));
    const rollup = await ledger.correlation("big");
    const inShort = await ledger.correlation("big", true);
    expect({ ...inShort, requests: [] }).toEqual({ ...rollup, requests: [] });
    expect(rollup).toMatchObject({
      total: 4_500,
      byState: { accepted: 4_500 },
      records: { expected: 45_000 },
    });
  });

  it("finds a rare state behind thousands of other requests, page by page", async () => {
    const ledger = createLedger(store, SETTINGS, clockAt(START + 60_000));
    const first = await ledger.list({ state: "rejected" }, undefined, 6);
    const second = await ledger.list({ state: "rejected" }, first.next, 6);
    const ids = [...first.items, ...second.items].map((one) => one.requestId);
    expect(ids).toEqual(Array.from({ length: 10 }, (_, i) => `list-${i * 3}`));
    expect(second.next).toBeUndefined();
  });

  it("knows the ids of the events that it holds", async () => {
    const body = JSON.stringify(METRICS_EVENT);
    await store.append({
      ...EMPTY_BATCH,
      events: [
        {
          eventId: "known",
          type: "metrics",
          time: START,
          instance: "i",
          body,
          path: "journal",
          source: "journal",
        },
      ],
    });
    expect(await store.knownEventIds(["known", "unknown"])).toEqual(new Set(["known"]));
  });

  it("moves deadlines by the lag that the newest status reports, for two hours", async () => {
    await store.append({
      ...EMPTY_BATCH,
      statuses: decodeEvent(STATUS_EVENT).statuses,
      metrics: decodeEvent(METRICS_EVENT).metrics,
    });
    const at = Date.parse(STATUS_EVENT.time);
    expect(await store.queueLags(at + 1)).toEqual(new Map([["123-ABC-456\nnormal", 90_000]]));
    expect(await store.queueLags(at - 1)).toEqual(new Map());
    expect(await store.queueLags(at + 7_200_001)).toEqual(new Map());
  });

  it("keeps cursors and gaps", async () => {
    const cursor = {
      source: "journal",
      next: "http://x/?since=1",
      savedAt: START,
      lastEventAt: null,
      coveredUntil: START - 1,
      coveredFrom: START - 9,
    };
    await store.saveCursor(cursor);
    await store.saveCursor({ ...cursor, next: "http://x/?since=2", savedAt: START + 1, lastEventAt: START });
    expect(await store.loadCursor("journal")).toMatchObject({
      next: "http://x/?since=2",
      coveredUntil: START - 1,
      coveredFrom: START - 9,
      lastEventAt: START,
    });
    expect(await store.loadCursor("other")).toBeUndefined();
    await store.recordGap({ source: "journal", from: START, until: START + 5, reason: "position_expired" });
    const report = await store.streamReport(START);
    expect(report.cursors).toHaveLength(1);
    expect(report.gaps).toEqual([
      { source: "journal", from: START, until: START + 5, reason: "position_expired" },
    ]);
  });

  it("keeps dead letters until they are redriven, and takes them again when they come again", async () => {
    const idsOf = async (filter = {}) =>
      (await store.listDeadLetters(filter, 10, undefined)).map((one) => one.deadLetterId);
    const letter: DeadLetter = {
      deadLetterId: "42",
      at: START,
      path: "journal",
      source: "journal",
      code: "EVENT_INVALID",
      reason: "id: expected a text, got nothing.",
      eventId: "",
      body: '{"cut',
      encoding: "utf-8",
    };
    const later: DeadLetter = { ...letter, deadLetterId: "43", at: START + 1, path: "webhook" };
    const unread: DeadLetter = { ...letter, deadLetterId: "44", at: START + 1, code: "EVENT_UNREADABLE" };
    await store.append({ ...EMPTY_BATCH, deadLetters: [letter, later, unread] });
    await store.append({ ...EMPTY_BATCH, deadLetters: [letter] });
    expect(await idsOf()).toEqual(["44", "43", "42"]);
    expect(await store.listDeadLetters({}, 1, unread)).toMatchObject([{ deadLetterId: "43" }]);
    expect(await idsOf({ path: "journal" })).toEqual(["44", "42"]);
    expect(await idsOf({ code: "EVENT_INVALID", since: START + 1 })).toEqual(["43"]);
    expect(await store.findDeadLetters(["42"])).toEqual([letter]);
    expect(await store.findDeadLetter("42")).toEqual({ ...letter, state: "waiting", settledAt: null });
    expect(await store.findDeadLetter("45")).toBeUndefined();

    expect(await store.settleDeadLetters(["42", "45"], "redriven", START + 5)).toBe(1);
    expect(await idsOf()).toEqual(["44", "43"]);
    expect(await store.findDeadLetters(["42"])).toEqual([]);
    const redriven = { ...letter, body: "", state: "redriven", settledAt: START + 5 };
    expect(await store.findDeadLetter("42")).toEqual(redriven);
    expect((await store.streamReport(START)).deadLetters).toBe(2);
    await store.append({ ...EMPTY_BATCH, deadLetters: [{ ...letter, at: START + 60_000 }] });
    expect(await idsOf()).toEqual(["42", "44", "43"]);
    expect(await store.deadLettersByCode()).toEqual(
      new Map([
        ["EVENT_INVALID", 2],
        ["EVENT_UNREADABLE", 1],
      ]),
    );
  });

  it("discards dead letters by filter, for good: the same input again stays discarded", async () => {
    const [letter] = await store.findDeadLetters(["43"]);
    if (letter === undefined) throw new Error("it was there a test before");
    expect(await store.settleDeadLetters({ path: "webhook" }, "discarded", START + 9)).toBe(1);
    await store.append({ ...EMPTY_BATCH, deadLetters: [{ ...letter, at: Date.now() + 3_600_000 }] });
    expect((await store.listDeadLetters({}, 10, undefined)).map((one) => one.deadLetterId)).toEqual([
      "42",
      "44",
    ]);
    const discarded = { ...letter, body: "", state: "discarded", settledAt: START + 9 };
    expect(await store.findDeadLetter("43")).toEqual(discarded);
    expect((await store.streamReport(START)).deadLetters).toBe(2);
    expect(await store.settleDeadLetters({}, "discarded", START + 9)).toBe(2);
    expect(await store.deadLettersByCode()).toEqual(new Map());
  });

  it("keeps keys as hashes, and knows the revoked ones", async () => {
    const key = {
      keyId: "k1",
      name: "ci",
      hash: "ab".repeat(32),
      scopes: ["read"] as const,
      createdAt: START,
      revokedAt: null,
    };
    await store.saveKey(key);
    expect(await store.findKey("k1")).toEqual(key);
    await store.saveKey({ ...key, revokedAt: START + 1 });
    expect(await store.listKeys()).toMatchObject([{ keyId: "k1", revokedAt: START + 1 }]);
    expect(await store.findKey("k2")).toBeUndefined();
  });
});
