import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLedger } from "../../src/core/ledger.ts";
import type { SubmissionInput } from "../../src/core/submission.ts";
import type { Store } from "../../src/store/store.ts";
import { EMPTY_BATCH } from "./empty-batch.ts";
import { clockAt, results, START, submission } from "./facts.ts";
import { SETTINGS, STORE_PATHS, type StorePath } from "./store-paths.ts";

describe.each(STORE_PATHS)("facts by their time, $name", ({ open }) => {
  let path: StorePath;
  let store: Store;
  beforeAll(async () => {
    path = await open();
    store = path.store;
  });
  afterAll(() => path.close());

  it("folds what began in a stretch of time as it does by id, without texts but for what a refusal said", async () => {
    const began = START - 40 * 86_400_000;
    const ids = Array.from({ length: 60 }, (_, i) => `near-${i}`);
    const facts = ids.flatMap((requestId, i) => [
      submission({
        submissionId: `s-${requestId}`,
        requestId,
        submittedAt: new Date(began + i).toISOString(),
        ...(i === 7 ? { httpStatus: 429, errorCode: "606", errorMessage: "too many" } : { httpStatus: 202 }),
      }),
      ...(i % 2 === 0
        ? results(`r-${requestId}`, requestId, {
            requestTime: new Date(began + i).toISOString(),
            records: { received: 10, failed: { "1003": 4 } },
          })
        : []),
    ]);
    await store.append({ ...EMPTY_BATCH, facts });
    const ledger = createLedger(store, SETTINGS, clockAt(START));
    const short = await ledger.getManyInShort(ids, { since: began, until: began + 59 });
    const full = await ledger.getMany(ids);
    const standing = (folded: typeof full) =>
      [...folded.values()].map(({ requestId, state, evidence, t0, tally: { attempts, ...sums } }) => {
        const results = attempts.map(({ fact: { at, failed }, attempt }) => ({ at, failed, attempt }));
        return { requestId, state, evidence, t0, sums, results };
      });
    const byId = (a: { requestId: string }, b: { requestId: string }) =>
      a.requestId.localeCompare(b.requestId);
    expect(standing(short).sort(byId)).toEqual(standing(full).sort(byId));
    expect(short.get("near-7")?.submissions[0]).toMatchObject({ errorCode: "606", errorMessage: "too many" });
    expect(short.get("near-9")?.submissions[0]?.submissionId).not.toBe("s-near-9"); // it was read in short
  });

  it("rolls up in short, but for requests that wait for persons: the sums are the same", async () => {
    const many = (name: string, apartMs: number, more: Partial<SubmissionInput> = {}) =>
      Array.from({ length: 60 }, (_, i) => {
        const submittedAt = new Date(START + i * apartMs).toISOString();
        const id = `${name}-${i}`;
        return submission({
          submissionId: `s-${id}`,
          requestId: id,
          httpStatus: 202,
          correlationId: name,
          submittedAt,
          ...more,
        });
      });
    const linked = many("waiting", 10, {
      objectType: "customObject",
      objectName: "purchases",
      linkField: "email",
    });
    await store.append({ ...EMPTY_BATCH, facts: [...many("plain", 10), ...linked] });
    const ledger = createLedger(store, SETTINGS, clockAt(START + 1_000));
    for (const name of ["plain", "waiting"]) {
      const [short, full] = [await ledger.correlation(name, true), await ledger.correlation(name)];
      expect({ ...short, requests: [] }).toEqual({ ...full, requests: [] });
      const ids = short?.requests.flatMap((one) => one.submissions.map(({ submissionId }) => submissionId));
      expect([name, ids?.includes(`s-${name}-7`)]).toEqual([name, name === "waiting"]);
    }
  });

  it("has requests looked up by id where too much else lies in their stretch of time", async () => {
    const began = START - 80 * 86_400_000;
    const facts = Array.from({ length: 12_000 }, (_, i) =>
      submission({
        submissionId: `dense-${i}`,
        requestId: `dense-${i}`,
        submittedAt: new Date(began + i).toISOString(),
      }),
    );
    await store.append({ ...EMPTY_BATCH, facts });
    expect(await store.shortFactsOf(["dense-1"], began, began + 12_000)).toBeUndefined();
    const two = await store.shortFactsOf(["dense-1", "dense-2"], began, began + 12_000);
    expect([...(two?.keys() ?? [])].toSorted()).toEqual(["dense-1", "dense-2"]);
    expect(await store.shortFactsOf(["dense-1"], began - 86_400_000, began - 86_400_000)).toEqual(new Map());
  });
});
