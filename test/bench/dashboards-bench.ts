/**
 * Dashboards: every panel's query over 30 days, as Grafana sends it, and what the hourly roll-up takes that most of them read.
 *
 * The store is filled by the engine, but for the ledger's other orders only with its last day: no panel reads more of them.
 */
import { createHourlyRollup } from "../../src/alerts/hourly-rollup.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { loadBoards, panelSql, panelsOf } from "../dashboards/boards.ts";
import { type BenchContext, type Benchmark, check, scaleName } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { fillStatement, planRequests, REQUEST_ID } from "./filled-requests.ts";

const SPAN_MS = 30 * 86_400_000;
const PER_INSERT = 250_000;
const LAST = 1_000_000;
/** Fed by the same insert, and not needed of what is older than a day. */
const OTHER_ORDERS = ["facts_mv", "requests_by_correlation_mv", "arrivals_mv"];

export const dashboardsBench: Benchmark = {
  name: "dashboards",
  about: "every panel of every dashboard over 30 days, and the hourly roll-up",
  async *run(context) {
    for (const scale of context.scales) {
      const name = scaleName(scale);
      const dataDir = context.newDirectory(`dashboards-${name}`);
      const store = await openStore({
        database: "after202",
        retentionDays: 400,
        rawRetentionDays: 30,
        dataDir,
      });
      try {
        await store.saveFoldSettings(new Map([["", lifecycleSettings()]]), 1);
        const requests = await fill(store, scale, context);
        const beganAt = performance.now();
        await rollUp(store);
        yield figureOf(`roll-up of all, ${name} requests`, "s", [(performance.now() - beganAt) / 1_000]);
        const [counted] = await store.client.query<{ requests: string }>(
          "SELECT sum(requests) AS requests FROM hourly",
        );
        check(Number(counted?.requests) === requests, `${counted?.requests} requests counted of ${requests}`);
        yield* measurePanels(store, name, context.quick ? 1 : 3);
      } finally {
        await store.close();
      }
    }
  },
};

async function* measurePanels(store: Store, name: string, runs: number) {
  const [one] = await store.client.query<{ id: string }>(
    `SELECT ${REQUEST_ID} AS id FROM (SELECT toUInt64(20) AS i)`,
  );
  for (const board of loadBoards()) {
    for (const panel of panelsOf(board).filter(({ datasource }) => datasource?.type !== "prometheus")) {
      const samples: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const typed = { request_id: one?.id ?? "" };
        const sql = panelSql(board, panel, { now: Date.now(), spanMs: SPAN_MS, typed });
        const beganAt = performance.now();
        await store.client.query(sql);
        samples.push(performance.now() - beganAt);
      }
      const title = `${board.title.replace("after202 / ", "")}: ${panel.title}, ${name}`;
      yield figureOf(title, "ms", samples, { atMost: 2_000 });
    }
  }
}

/** Without the rests that it takes in a service. */
async function rollUp(store: Store): Promise<void> {
  const clock = { now: Date.now, sleep: async () => undefined };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const rollup = createHourlyRollup({ store, clock, logger, speed: 1 });
  while ((await rollup.round()).left > 0);
}

/** @returns how many requests there are, by the fold's own count of ids */
async function fill(store: Store, scale: number, { note }: BenchContext): Promise<number> {
  const { client } = store;
  const plan = planRequests(scale, Date.now());
  const older = Math.max(0, scale - LAST);
  for (const view of OTHER_ORDERS) await client.command(`DETACH TABLE ${view}`);
  for (let from = 0; from < older; from += PER_INSERT) {
    await client.command(fillStatement(plan, from, Math.min(older, from + PER_INSERT)));
  }
  for (const view of OTHER_ORDERS) await client.command(`ATTACH TABLE ${view}`);
  for (let from = older; from < scale; from += PER_INSERT) {
    await client.command(fillStatement(plan, from, Math.min(scale, from + PER_INSERT)));
  }
  for (const statement of STREAM) await client.command(statement);
  const [known] = await client.query<{ requests: string }>(
    "SELECT sum(n) AS requests FROM (SELECT toDate(minute) AS day, uniqExact(cityHash64(request_id)) AS n FROM facts_by_time GROUP BY day)",
  );
  note(`filled ${known?.requests} requests`);
  return Number(known?.requests);
}

/** Thirty days of what the stream says of itself, and two of sightings. */
const STREAM = [
  `INSERT INTO stream_status (event_id, instance, at, quota, priority, lag_seconds, request_backlog, record_backlog)
   SELECT toString(number), concat('10', toString(number % 3), '-ABC-456'), now() - intDiv(number, 6) * 300, 9000000, ['high', 'normal'][1 + intDiv(number, 3) % 2], 0, 0, 100
   FROM numbers(8640 * 6)`,
  `INSERT INTO sightings (event_id, minute, path, source)
   SELECT toString(intDiv(number, 2)), toStartOfMinute(now() - intDiv(number, 2) % 172000), ['journal', 'webhook'][1 + number % 2], 's' FROM numbers(400000)`,
  `INSERT INTO completeness SELECT '100-ABC-456', toStartOfHour(now()) - number * 3600, toStartOfHour(now()) - number * 3600 + 3600, 'person', 'normal', 40000, 40000, 0, now64(3)
   FROM numbers(720)`,
  `INSERT INTO dead_letters (dead_letter_id, at, code, changed_at) SELECT toString(number), now() - number * 200, 'EVENT_INVALID', now64(3) FROM numbers(10000)`,
];
