import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LifecycleJson } from "../../src/core/lifecycle-json.ts";
import { SIMULATED } from "../../src/simulator/options.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import type { Submitter } from "../../src/simulator/submitter.ts";
import { SCENARIO_NAMES } from "../../src/simulator/submitter/scenarios.ts";
import type { TruthRow } from "../../src/simulator/truth.ts";
import { environmentOf, openService, SERVICE_STORES, type Service, type ServiceStore } from "./service.ts";
import { byRequestId, outcomeOf, outcomeOfTruth, totalsOf } from "./truth-check.ts";
import { until } from "./until.ts";

/** 65 minutes of link window pass in 39 s, the five before the first retry in 3. */
const SPEED = 100;
/** Each once, and between them again and again one that lets the states of a moment be seen. */
const SCENARIOS = SCENARIO_NAMES.flatMap((name) => [name, "slow-chunks"] as const);

/** Everything that Marketo can lead to, with the evidence where both kinds occur. */
const SEEN = [
  "accepted observed",
  "exhausted inferred",
  "exhausted observed",
  "failed observed",
  "overdue inferred",
  "partially_failed observed",
  "processing observed",
  "rejected observed",
  "retrying inferred",
  "succeeded inferred", // adopted
  "succeeded observed",
  "unconfirmed observed",
];

interface Run {
  readonly simulator: Simulator;
  readonly service: Service;
  readonly submitter: Submitter;
  /** States with their evidence, as they were seen on the way. */
  readonly seen: Set<string>;
  /** What a `wait` that began while the request was open has answered. */
  readonly waited: LifecycleJson[];
  readonly truth: TruthRow[];
}

const runs = new Map<ServiceStore, Run>();

beforeAll(async () => {
  for (const [store, run] of await Promise.all(
    SERVICE_STORES.map(async (store): Promise<[ServiceStore, Run]> => [store, await play(store)]),
  )) {
    runs.set(store, run);
  }
}, 120_000);

afterAll(async () => {
  await Promise.all(
    [...runs.values()].map(async ({ service, simulator, submitter }) => {
      await submitter.close(0);
      await service.close();
      await simulator.close();
    }),
  );
});

/**
 * The demo's load from the first submission to the last result, with many a look at what is new.
 * The stream comes twice, over the journal (polled each second) and over a webhook (at once).
 */
async function play(store: ServiceStore): Promise<Run> {
  const simulator = await openSimulator({ speed: SPEED, seed: 5 });
  const webhook = { ADOBE_WEBHOOK: "on", ADOBE_PUBLIC_KEY_ORIGIN: simulator.origin };
  const service = await openService(store, { ...environmentOf(simulator), ...webhook });
  await simulator.registerWebhook({ url: `${service.url}/v1/events/adobe`, batch: true });
  const { api } = service;
  const submitter = openRecordedSubmitter({
    marketoUrl: simulator.marketoUrl,
    after202Url: service.url,
    rate: 7,
    seed: 5,
    speed: SPEED,
    scenarios: SCENARIOS,
    limit: SCENARIOS.length,
  });
  const seen = new Set<string>();
  const waiting = new Map<string, Promise<LifecycleJson>>();
  const look = (all: readonly LifecycleJson[]): void => {
    for (const one of all) {
      seen.add(`${one.state} ${one.evidence}`);
      if (waiting.size < 20 && one.state === "retrying" && !waiting.has(one.requestId)) {
        const path = `/v1/requests/${encodeURIComponent(one.requestId)}/wait?timeoutMs=90000`;
        waiting.set(one.requestId, wait(service, path));
      }
    }
  };
  let finished = false;
  void submitter.finished.then(() => (finished = true));
  await until(
    "the simulator is quiet and every request has settled",
    async () => {
      if (!finished || !simulator.summary().idle) {
        look((await api.get<{ items: LifecycleJson[] }>("/v1/requests?limit=40")).body.items);
        return false;
      }
      const all = await api.list();
      look(all);
      const open = all.filter((one) => !one.terminal && one.state !== "unconfirmed");
      const known = new Set(all.map((one) => one.requestId));
      const everyoneKnown = simulator.truth().every((row) => known.has(row.requestId));
      return everyoneKnown && open.length === 0;
    },
    { timeoutMs: 100_000, everyMs: 100 },
  );
  const waited = await Promise.all(waiting.values());
  return { simulator, service, submitter, seen, waited, truth: simulator.truth() };
}

async function wait(service: Service, path: string): Promise<LifecycleJson> {
  const response = await fetch(service.url + path, { signal: AbortSignal.timeout(95_000) });
  return (await response.json()) as LifecycleJson;
}

describe.each(SERVICE_STORES)("the main job, store %s", (store) => {
  let run: Run;
  beforeAll(() => {
    const played = runs.get(store);
    if (played === undefined) throw new Error("the run did not come to its end");
    run = played;
  });

  it("shows every state that Marketo can produce, with its evidence", () => {
    expect([...run.seen].sort()).toEqual(expect.arrayContaining(SEEN));
  });

  it("ends where the simulator's own books end, request by request", async () => {
    const answers = await Promise.all(run.truth.map((row) => run.service.api.lifecycle(row.requestId)));
    const outcomes = answers.flatMap((one) => (one === undefined ? [] : [outcomeOf(one)]));
    expect(outcomes).toEqual(run.truth.map(outcomeOfTruth));
    expect(new Set(run.truth.map((row) => row.outcome))).toEqual(
      new Set(["succeeded", "partially_failed", "failed", "exhausted", "overdue", "rejected"]),
    );
  });

  it("takes back the failures that a retry made good, and no others", async () => {
    const retried = run.truth.filter((row) => Object.keys(row.superseded).length > 0);
    expect(retried.length).toBeGreaterThan(0);
    for (const row of retried) {
      const one = await run.service.api.lifecycle(row.requestId);
      expect(one?.records.superseded).toEqual(row.superseded);
    }
  });

  it("lists every request once, and nothing that was not sent", async () => {
    const all = await run.service.api.list();
    const unconfirmed = all.filter((one) => one.state === "unconfirmed");
    const rest = all.filter((one) => one.state !== "unconfirmed");
    expect(byRequestId(rest).map(outcomeOf)).toEqual(byRequestId(run.truth).map(outcomeOfTruth));
    expect(totalsOf(all.map(outcomeOf))).toEqual(totalsOf(run.truth.map(outcomeOfTruth)));
    // of the attempts without an answer those that got in were adopted, and the others stay open for good
    const gotIn = run.truth.filter((row) => row.httpStatus === 202).length - run.submitter.counters.accepted;
    expect(unconfirmed).toHaveLength(run.submitter.counters.unanswered - gotIn);
    expect(gotIn).toBeGreaterThan(0);
    expect(unconfirmed.length).toBeGreaterThan(0);
  });

  it.each([1, 7])("gives the same list in pages of %i", async (limit) => {
    const paged = await run.service.api.list({}, limit);
    const whole = await run.service.api.list();
    expect(paged.map((one) => one.requestId)).toEqual(whole.map((one) => one.requestId));
  });

  const filters: [name: string, value: string, fits: (row: TruthRow) => boolean][] = [
    ...["succeeded", "partially_failed", "failed", "exhausted", "overdue", "rejected"].map(
      (state): [string, string, (row: TruthRow) => boolean] => [
        "state",
        state,
        (row) => row.outcome === state,
      ],
    ),
    ["state", "accepted", () => false],
    ["instance", SIMULATED.instance, () => true],
    ["instance", "999-XYZ-000", () => false],
    ["requestSource", "crm-sync", (row) => row.requestSource === "crm-sync"],
    ["requestSource", "other-team", (row) => row.requestSource === "other-team"],
    ["objectType", "person", (row) => row.objectType === "person"],
    ["objectType", "customObject", (row) => row.objectType === "customObject"],
    ["objectName", "purchases", (row) => row.objectName === "purchases"],
    ["clientId", "sim-user@marketo.example", (row) => row.eventIds.length > 0],
    ["linkBearing", "true", (row) => row.linkBearing],
    ["linkBearing", "false", (row) => !row.linkBearing],
    ["since", "P1D", () => true],
    ["until", "PT10M", () => false],
  ];

  it.each(filters)("lists by %s=%s what the books have under it", async (name, value, fits) => {
    const listed = await run.service.api.list({ [name]: value });
    const ids = listed.filter((one) => one.state !== "unconfirmed").map((one) => one.requestId);
    expect(ids.sort()).toEqual(
      run.truth
        .filter(fits)
        .map((row) => row.requestId)
        .sort(),
    );
  });

  it("lists a span of time by when its requests were accepted, and both halves make the whole", async () => {
    const times = run.truth.filter((row) => row.eventIds.length > 0).map((row) => row.acceptedAt);
    const middle = times.sort()[Math.floor(times.length / 2)] ?? "";
    const older = await run.service.api.list({ until: middle });
    const newer = await run.service.api.list({ since: middle });
    const whole = await run.service.api.list();
    expect([...newer, ...older].map((one) => one.requestId)).toEqual(whole.map((one) => one.requestId));
    expect(older.length).toBeGreaterThan(0);
    expect(newer.length).toBeGreaterThan(0);
  });

  it("rolls every correlation up to the sums of its requests", async () => {
    const correlations = new Set(run.truth.map((row) => row.correlationId));
    expect(correlations.size).toBeGreaterThan(5);
    for (const correlationId of correlations) {
      const rows = run.truth.filter((row) => row.correlationId === correlationId);
      const rollup = await run.service.api.correlation(correlationId);
      const { created, updated, failed } = rollup.records;
      expect({ created, updated, failed }).toEqual(totalsOf(rows.map(outcomeOfTruth)));
      expect(rollup.requests).toEqual({
        total: rows.length,
        byState: countBy(rows.map((row) => row.outcome)),
      });
      expect(rollup.settled).toBe(true);
    }
  });

  it("answers a wait when the request has settled, not before", () => {
    expect(run.waited.length).toBeGreaterThan(2);
    const outcomes = new Map(run.truth.map((row) => [row.requestId, outcomeOfTruth(row)]));
    expect(run.waited.every((one) => one.terminal)).toBe(true);
    // what is given up by the clock may still be followed by a late word: all others are final
    for (const one of run.waited.filter(({ state }) => state !== "exhausted" && state !== "overdue")) {
      expect(outcomeOf(one)).toEqual(outcomes.get(one.requestId));
    }
  });

  it("answers at once when the wait is for a settled request, and with 404 for an unknown one", async () => {
    const [row] = run.truth;
    const began = Date.now();
    const settled = await run.service.api.get(`/v1/requests/${row?.requestId}/wait?timeoutMs=20000`);
    expect(settled.status).toBe(200);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect((await run.service.api.get("/v1/requests/nobody-sent-this/wait?timeoutMs=50")).status).toBe(404);
  });
});

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
