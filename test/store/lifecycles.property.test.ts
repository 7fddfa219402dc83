import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLedger, type Ledger } from "../../src/core/ledger.ts";
import type { Fact } from "../../src/core/fact.ts";
import type { Lifecycle } from "../../src/core/lifecycle.ts";
import type { Clock, FactReader, ListPosition, RequestFilter } from "../../src/core/ports.ts";
import { disturbed, factSet } from "../core/fact-arbitrary.ts";
import { SETTINGS, STORE_PATHS, type StorePath } from "./store-paths.ts";

const HOUR = 3_600_000;
const REQUESTS = 60;
const RUNS = 12;

describe.each(STORE_PATHS)("the fold as a view, store $name", ({ open }) => {
  let path: StorePath;
  beforeAll(async () => void (path = await open()));
  afterAll(() => path.close());

  it(`gives what the fold of one request gives, adoption included (${REQUESTS * RUNS} fact sets)`, async () => {
    let run = 0;
    const cases = fc.nat().chain((seed) => {
      const number = run++; // every run, and every shrunk one, in days of its own
      const base = Date.UTC(2026, 0, 1) + number * 48 * HOUR;
      const sets = Array.from({ length: REQUESTS }, (_, i) =>
        factSet({ base, requestId: `${seed}-${number}-${i}` }).chain(disturbed),
      );
      return fc.record({
        base: fc.constant(base),
        sets: fc.tuple(...sets),
        after: fc.constantFrom(0, 6, 66, 71, 500),
      });
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ base, sets, after }) => {
        const now = base + after * 60_000;
        const number = Math.round((base - Date.UTC(2026, 0, 1)) / (48 * HOUR));
        // results that do not say when their request began stand where they happened: slices and lists may not find them together
        const isSliced = number % 4 === 1;
        const facts = sets.flat().filter((one) => !isSliced || one.t0Rank !== 4);
        const empty = { events: [], metrics: [], statuses: [], deadLetters: [], sightings: [], linkKeys: [] };
        await path.store.append({ ...empty, facts });
        const ids = [...new Set(facts.map((fact) => fact.requestId))];
        const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error("not asked for")) };
        const ledger = createLedger(path.store, SETTINGS, clock);
        const folded = await ledger.getMany(ids);
        const wanted = new Map([...folded.values()].map((one) => [one.requestId, rowOf(one)]));
        const rows = await lifecycles(path, { since: base - 12 * HOUR, until: base + 12 * HOUR, now });
        expect(new Map(rows.map((row) => [row["request_id"], normal(row)]))).toEqual(wanted);
        const far = new Set(facts.filter((one) => one.t0Rank === 4).map(({ requestId }) => requestId));
        const asked = { since: base - 12 * HOUR, until: base + 12 * HOUR };
        const sliced: string[] = [];
        const cuts = [asked.since, base - 70_000, base + 300, base + 20_000, asked.until];
        for (const [i, until] of isSliced ? cuts.slice(1).entries() : []) {
          const since = cuts[i] ?? 0;
          for (const row of await lifecycles(path, { since, until, now })) {
            expect(normal(row)).toEqual(wanted.get(String(row["request_id"])));
            sliced.push(String(row["request_id"]));
          }
        }
        if (isSliced) expect(sliced.toSorted()).toEqual([...wanted.keys()].toSorted());
        const states = [...new Set([...folded.values()].map(({ state }) => state))];
        const turn = number % states.length; // few: a list asks the store many times
        for (const state of number % 4 === 0 ? states.slice(turn, turn + 1) : []) {
          const inState = [...folded.values()].filter(
            (one) => one.state === state && !far.has(one.requestId),
          );
          const listed = (await idsOf(ledger, { ...asked, state })).filter((id) => !far.has(id));
          expect({ state, ids: listed.toSorted() }).toEqual({
            state,
            ids: [...new Set(inState.map((one) => one.requestId))].toSorted(),
          });
        }
        const jobs = new Set(facts.filter(({ kind }) => kind === "job").map(({ requestId }) => requestId));
        const plain = ids.filter((id) => !jobs.has(id));
        const short = await path.store.shortFactsOf(plain, base - 12 * HOUR, base + 12 * HOUR);
        expect(short?.size).toBe(plain.length);
        const inShort = createLedger(readingShort(path.store, short ?? new Map()), SETTINGS, clock);
        const foldedShort = [...(await inShort.getMany(plain)).values()].map(rowOf);
        expect(foldedShort).toEqual([...(await ledger.getMany(plain)).values()].map(rowOf));
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});

/** The rows of the view for the requests that began in [since, until), epoch milliseconds. */
function lifecycles(
  { store }: StorePath,
  at: Readonly<Record<"since" | "until" | "now", number>>,
): Promise<Record<string, unknown>[]> {
  return store.client.query(
    `SELECT * FROM lifecycles(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, now = {now:DateTime64(3, 'UTC')})`,
    { since: new Date(at.since), until: new Date(at.until), now: new Date(at.now) },
  );
}

/** The ids of a list, page by page; none may come twice. */
async function idsOf(ledger: Ledger, filter: RequestFilter): Promise<string[]> {
  const ids: string[] = [];
  let after: ListPosition | undefined;
  do {
    const page = await ledger.list(filter, after, 12);
    ids.push(...page.items.map((one) => one.requestId));
    after = page.next;
  } while (after !== undefined);
  return ids;
}

/** A store that gives some facts as they are read by their time. */
function readingShort(store: FactReader, short: ReadonlyMap<string, Fact[]>): FactReader {
  return {
    ...store,
    factsOf: async (ids) => {
      const full = await store.factsOf(ids);
      return new Map([...full].map(([id, facts]) => [id, short.get(id) ?? facts]));
    },
  };
}

function rowOf(one: Lifecycle): Record<string, unknown> {
  return {
    request_id: one.requestId,
    correlation_id: one.correlationId,
    request_source: one.requestSource,
    target: one.target,
    instance: one.instance,
    object_type: one.objectType,
    object_name: one.objectName,
    priority: one.priority,
    client_id: one.clientId,
    state: one.state,
    evidence: one.evidence,
    link_bearing: Number(one.linkBearing),
    adopted: Number(one.adopted),
    expected: one.tally.expected,
    created: one.tally.created,
    updated: one.tally.updated,
    outstanding: one.tally.outstanding,
    failed: one.tally.failedTotal,
    superseded: one.tally.supersededTotal,
    failed_by_code: Object.fromEntries(one.tally.failed),
    t0: one.t0,
    first_result_at: one.firstResultAt,
    last_result_at: one.lastResultAt,
    settled_at: one.settledAt,
    ...(one.retry === null ? {} : { deadline_at: one.retry.deadlineAt }),
    retried: one.retry !== null,
  };
}

/** The row with times in milliseconds; the deadline only where the lifecycle has one. */
function normal(row: Record<string, unknown>): Record<string, unknown> {
  const time = (name: string): number | null =>
    row[name] === null ? null : Date.parse(`${String(row[name]).replace(" ", "T")}Z`);
  const retried =
    row["target"] !== "salesforce" && row["state"] !== "unconfirmed" && row["state"] !== "rejected";
  const counts = ["expected", "created", "updated", "outstanding", "failed", "superseded"];
  const { terminal: _terminal, window_ends_at: _window, deadline_at: _deadline, ...rest } = row;
  return {
    ...rest,
    ...Object.fromEntries(counts.map((name) => [name, Number(row[name])])),
    failed_by_code: Object.fromEntries(
      Object.entries(row["failed_by_code"] as Record<string, string>).map(([code, n]) => [code, Number(n)]),
    ),
    t0: time("t0"),
    first_result_at: time("first_result_at"),
    last_result_at: time("last_result_at"),
    settled_at: time("settled_at"),
    ...(retried ? { deadline_at: time("deadline_at") } : {}),
    retried,
  };
}
