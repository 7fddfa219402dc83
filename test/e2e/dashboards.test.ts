/** Dashboards over a service that watches the simulator: what they show is what the API says, and every panel has its source. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRecordedSubmitter } from "../../src/cli/recorded-submitter.ts";
import { openSimulator, type Simulator } from "../../src/simulator/simulator.ts";
import { SCENARIO_NAMES } from "../../src/simulator/submitter/scenarios.ts";
import { loadBoards, panelSql, panelsOf } from "../dashboards/boards.ts";
import { environmentOf, openService, type Service, IS_FIVE } from "./service.ts";
import { until } from "./until.ts";

/** A minute in a tenth of a second: the link window is over in 7 s. */
const SPEED = 600;

let simulator: Simulator;
let service: Service;

beforeAll(async () => {
  simulator = await openSimulator({ speed: SPEED, seed: 11 });
  service = await openService("embedded", { ...environmentOf(simulator), LOG_LEVEL: "silent" });
  const submitter = openRecordedSubmitter({
    marketoUrl: simulator.marketoUrl,
    after202Url: service.url,
    rate: 30,
    seed: 11,
    speed: SPEED,
    linkKeySecret: "a secret of sixteen or more",
    scenarios: SCENARIO_NAMES,
    limit: SCENARIO_NAMES.length,
  });
  await submitter.finished;
  await submitter.close();
}, 60_000);

afterAll(async () => {
  await service.close();
  await simulator.close();
});

const countBy = (states: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

const boards = loadBoards();

it("the overview counts states as the API lists them, once all is settled", async () => {
  const overview = boards.find(({ uid }) => uid === "after202-overview");
  const panel = overview?.panels.find(({ title }) => title === "States");
  if (overview === undefined || panel === undefined) throw new Error("there is no such panel");
  await until(
    "the roll-up has counted what the API knows",
    async () => {
      if (!simulator.summary().idle) return false;
      const known = countBy((await service.api.list()).map(({ state }) => state));
      const shown = await service.app.store.client.query<{ state: string; requests: string }>(
        panelSql(overview, panel, { now: Date.now() }),
      );
      expect(Object.fromEntries(shown.map((row) => [row.state, Number(row.requests)]))).toEqual(known);
      return (
        known["exhausted"] !== undefined &&
        known["retrying"] === undefined &&
        known["processing"] === undefined
      );
    },
    { timeoutMs: 60_000, everyMs: 250 },
  );
});

it("GET /v1/stats gives the same counts, by the hour and by the minute", async () => {
  const known = countBy((await service.api.list()).map(({ state }) => state));
  for (const step of ["PT1H", "PT1M"]) {
    const { items } = (
      await service.api.get<{ items: { of: { state: string }; requests: number }[] }>(
        `/v1/stats?since=PT2H&step=${step}&by=state`,
      )
    ).body;
    const counts: Record<string, number> = {};
    for (const { of, requests } of items) counts[of.state] = (counts[of.state] ?? 0) + requests;
    expect(counts).toEqual(known);
  }
});

it("every query of every panel runs", async () => {
  for (const board of boards.filter(({ uid }) => uid !== "after202-service")) {
    for (const panel of panelsOf(board)) {
      const sql = panelSql(board, panel, { now: Date.now(), spanMs: 30 * 86_400_000 });
      await expect(service.app.store.client.query(sql), panel.title).resolves.toBeInstanceOf(Array);
    }
  }
});

// each of five processes serves those of its roles
it.skipIf(IS_FIVE)("the service serves every metric that is asked for", async () => {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const served = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = ""]) => name));
  const asked = boards
    .flatMap(panelsOf)
    .flatMap(({ targets = [] }) => targets)
    .flatMap(({ expr = "" }) => [...expr.matchAll(/after202_\w+/g)].map(([name]) => name));
  expect(asked.length).toBeGreaterThan(20);
  const base = (name: string): string => name.replace(/_(bucket|count|sum)$/, "");
  expect(asked.filter((name) => !served.has(name) && !served.has(base(name)))).toEqual([]);
});
