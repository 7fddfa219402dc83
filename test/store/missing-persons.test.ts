import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/fact.ts";
import { createLedger, type Ledger } from "../../src/core/ledger.ts";
import { createMissingPersonsReader, type MissingPersonsReader } from "../../src/core/missing-persons.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { Clock, StoreBatch } from "../../src/core/ports.ts";
import { linkKeysOf, submissionFact, type SubmissionInput } from "../../src/core/submission.ts";
import type { Store } from "../../src/store/store.ts";
import { requestEntry, resultsEvent } from "../core/events.ts";
import { SETTINGS, STORE_PATHS, type StorePath } from "./store-paths.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";

const MINUTE = 60_000;
/** Near the machine's own time: what is older than 8 days is dropped. */
const NOW = Date.now();
const START = NOW - 20 * MINUTE;
const INSTANCE = "123-ABC-456";

const clock: Clock = { now: () => NOW, sleep: () => Promise.reject(new Error("not asked for")) };

/** What is appended as one batch. */
type Told = Partial<StoreBatch>;

function sent(input: Partial<SubmissionInput>): Told {
  const whole: SubmissionInput = {
    submissionId: randomUUID(),
    target: "marketo",
    instance: INSTANCE,
    objectType: "person",
    operation: "upsert",
    records: 10,
    submittedAt: new Date(START).toISOString(),
    httpStatus: 202,
    ...input,
  };
  return { facts: [submissionFact(whole)], linkKeys: linkKeysOf(whole) };
}

function links(requestId: string, linkKeys: string[], input: Partial<SubmissionInput> = {}): Told {
  return sent({
    requestId,
    linkKeys,
    objectType: "customObject",
    objectName: "purchases",
    linkField: "email",
    records: linkKeys.length,
    ...input,
  });
}

function persons(requestId: string, personKeys: string[], input: Partial<SubmissionInput> = {}): Told {
  return sent({ requestId, personKeys, ...input });
}

function results(requestId: string, records: Record<string, unknown>, minutes = 1): Told {
  const at = (ms: number): string => new Date(ms).toISOString();
  const entry = requestEntry(requestId, { records, requestTime: at(START), correlationId: `c/${requestId}` });
  const event = resultsEvent(randomUUID(), [entry], at(START + minutes * MINUTE));
  return { facts: [...decodeEvent(event).facts] as Fact[] };
}

describe.each(STORE_PATHS)("missing persons, $name", ({ open }) => {
  let path: StorePath;
  let store: Store;
  let ledger: Ledger;
  let reader: MissingPersonsReader;
  beforeAll(async () => {
    path = await open();
    store = path.store;
    ledger = createLedger(store, SETTINGS, clock);
    reader = createMissingPersonsReader(store, ledger);
  });
  afterAll(() => path.close());

  async function tell(...batches: readonly Told[]): Promise<void> {
    for (const batch of batches) await store.append({ ...EMPTY_BATCH, ...batch });
  }

  async function missing(...requestIds: string[]): Promise<string[] | undefined> {
    const requests = [...(await ledger.getMany(requestIds)).values()];
    return (await reader.missingOf(requests))?.missing.map((one) => one.digest);
  }

  it("names exactly the link values whose person nobody sent, whether the others came before or after", async () => {
    await tell(
      persons("p-before", ["a1"]),
      links("l-1", ["a1", "a2", "a3", "a4"]),
      persons("p-after", ["a2"]),
    );
    expect(await missing("l-1")).toEqual(["a3", "a4"]);
    await tell(persons("p-later", ["a3"], { submittedAt: new Date(NOW).toISOString() }));
    expect(await missing("l-1")).toEqual(["a4"]);
  });

  it("changes nothing when everything is told again, in another order", async () => {
    const told = [links("l-2", ["b1", "b2", "b3"]), persons("p-2", ["b2"]), persons("p-3", ["b3", "b3"])];
    await tell(...told.toReversed(), ...told);
    expect(await missing("l-2")).toEqual(["b1"]);
    expect((await reader.missingOf([...(await ledger.getMany(["l-2"])).values()]))?.of).toBe(3);
  });

  it("does not count persons that were refused, never answered or sent to another instance", async () => {
    await tell(
      links("l-4", ["c1", "c2", "c3", "c4"]),
      persons("p-refused", ["c1"], { httpStatus: 429 }),
      sent({ personKeys: ["c2"], httpStatus: undefined as never, errorCode: "ECONNRESET" }),
      persons("p-elsewhere", ["c3"], { instance: "999-ZZZ-000" }),
    );
    const found = await reader.missingOf([...(await ledger.getMany(["l-4"])).values()]);
    expect(found?.missing.map(({ digest, vain }) => [digest, vain?.state ?? null])).toEqual([
      ["c1", "rejected"],
      ["c2", "unconfirmed"],
      ["c3", null],
      ["c4", null],
    ]);
    await tell(persons("p-again", ["c1"]));
    expect(await missing("l-4")).toEqual(["c2", "c3", "c4"]);
  });

  it("counts a person whose submission the stream adopted", async () => {
    const correlationId = "c/p-adopted";
    await tell(
      links("l-5", ["d1"]),
      sent({ personKeys: ["d1"], correlationId, httpStatus: undefined as never, errorCode: "ETIMEDOUT" }),
    );
    expect(await missing("l-5")).toEqual(["d1"]);
    await tell(results("p-adopted", { received: 10, created: 10 }));
    expect(await missing("l-5")).toEqual([]);
  });

  it("knows the link values of a submission that the stream adopted, by the request's own id", async () => {
    const correlationId = "c/l-adopted";
    const told = links(undefined as never, ["e1", "e2"], {
      correlationId,
      records: 10,
      objectType: "person",
      httpStatus: undefined as never,
      errorCode: "ECONNRESET",
    });
    await tell(told, persons("p-e", ["e1"]), results("l-adopted", { received: 10, created: 9 }));
    expect(await missing("l-adopted")).toEqual(["e2"]);
  });

  it("does not count a person of whose request every record failed, until a retry makes it good", async () => {
    await tell(
      links("l-6", ["f1"]),
      persons("p-failed", ["f1"]),
      results("p-failed", { received: 10, failed: { "503": 10 } }),
    );
    expect(await missing("l-6")).toEqual(["f1"]);
    await tell(results("p-failed", { received: 10, created: 10 }, 6));
    expect(await missing("l-6")).toEqual([]);
  });

  it("counts a person of whose request only some records failed: nobody says which", async () => {
    await tell(
      links("l-7", ["g1"]),
      persons("p-partly", ["g1"]),
      results("p-partly", { received: 10, failed: { "1003": 1 } }),
      results("p-partly", { received: 10, created: 9 }, 2),
    );
    expect(await missing("l-7")).toEqual([]);
  });

  it("counts a person that got in long before five newer attempts that failed", async () => {
    await tell(
      links("l-8", ["h1"]),
      persons("p-first", ["h1"], { submittedAt: new Date(START - 3_600_000).toISOString() }),
    );
    for (let n = 0; n < 7; n++) await tell(persons(`p-refused-${n}`, ["h1"], { httpStatus: 500 }));
    expect(await missing("l-8")).toEqual([]);
  });

  it("asks about many requests at once, and counts a value that several wait for once", async () => {
    const requestIds = Array.from({ length: 2_500 }, (_, n) => `many-${n}-${"x".repeat(30)}`);
    const batch = requestIds.map((id, n) => links(id, ["shared", `own-${n % 100}`]));
    await tell({
      facts: batch.flatMap((one) => one.facts ?? []),
      linkKeys: batch.flatMap((one) => one.linkKeys ?? []),
    });
    await tell(
      persons(
        "p-many",
        Array.from({ length: 40 }, (_, n) => `own-${n}`),
      ),
    );
    const found = await missing(...requestIds);
    expect(new Set(found).size).toBe(found?.length);
    expect(found).toHaveLength(61);
    expect(
      (await reader.waitsFor([{ instance: INSTANCE, digest: "shared", vain: null }])).get("shared"),
    ).toEqual({
      since: START,
      requests: 2_500,
    });
  });

  it("says nothing of requests that told no link values, nor counts where nothing waits", async () => {
    await tell(links("l-none", []), links("l-done", ["i1"]), results("l-done", { received: 1, created: 1 }));
    const none = await ledger.get("l-none");
    const done = await ledger.get("l-done");
    if (none === undefined || done === undefined) throw new Error("not stored");
    expect(await reader.missingOf([none])).toBeUndefined();
    expect(await reader.countMissing([none])).toBeNull();
    expect(done.state).toBe("succeeded");
    expect(await reader.countMissing([done])).toBeNull();
  });
});
