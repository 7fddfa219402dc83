/**
 * Dashboards: every panel's query over 30 days, as Grafana sends it, and what the hourly roll-up takes that most of them read.
 *
 * The engine fills the one order of facts that panels read in ranges; the others are asked by id, and hold one request.
 */
import { createHourlyRollup } from "../../src/alerts/hourly-rollup.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { result } from "../api/facts.ts";
import { loadBoards, panelSql, panelsOf } from "../dashboards/boards.ts";
import { EMPTY_BATCH } from "../store/empty-batch.ts";
import { type BenchContext, type Benchmark, check } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { processorSeconds } from "./processor-time.ts";
import { counts } from "../counts.ts";

const DAY_MS = 86_400_000;
const SPAN_MS = 30 * DAY_MS;
const PER_INSERT = 500_000;
const ONE = "the-one-request";
const MILLION = 1_000_000;

/** Requests, evenly spread over the range; the last begins a minute before now. */
interface Spread {
  readonly requests: number;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export const dashboardsBench: Benchmark = {
  name: "dashboards",
  about: "every panel of every dashboard over 30 days, and the hourly roll-up",
  onRequest: true, // thirty million requests take minutes to fill and to count
  async *run(context) {
    for (const scale of context.quick ? [20_000] : [MILLION, 30 * MILLION]) {
      const name = `${scale / MILLION}M requests`;
      const dataDir = context.newDirectory(`dashboards-${name}`);
      const store = await openStore({
        database: "after202",
        retentionDays: 400,
        rawRetentionDays: 30,
        dataDir,
      });
      try {
        await store.saveFoldSettings(new Map([["", lifecycleSettings()]]), 1);
        await fill(store, scale, context);
        const beganAt = performance.now();
        await rollUp(store);
        yield figureOf(`roll-up of all, ${name}`, "s", [(performance.now() - beganAt) / 1_000]);
        const [counted] = await store.client.query<{ requests: string }>(
          "SELECT sum(requests) AS requests FROM hourly",
        );
        check(Number(counted?.requests) === scale, `${counted?.requests} requests counted of ${scale}`);
        yield* measurePanels(store, name, context.quick ? 1 : 3, context.note);
      } finally {
        await store.close();
      }
    }
  },
};

async function* measurePanels(store: Store, name: string, runs: number, note: BenchContext["note"]) {
  for (const board of loadBoards()) {
    for (const panel of panelsOf(board).filter(({ datasource }) => datasource?.type !== "prometheus")) {
      const samples: number[] = [];
      const processor = processorSeconds(process.pid);
      for (let run = 0; run < runs; run += 1) {
        const typed = { request_id: ONE };
        const sql = panelSql(board, panel, { now: Date.now(), spanMs: SPAN_MS, typed });
        const beganAt = performance.now();
        await store.client.query(sql);
        samples.push(performance.now() - beganAt);
      }
      const title = `${board.title.replace("after202 / ", "")}: ${panel.title}, ${name}`;
      const spent = Math.round(((processorSeconds(process.pid) - processor) * 1_000) / runs);
      if (spent >= 200) note(`${title}: ${spent} ms of processor time`); // on a busy machine it tells more than the clock
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

async function fill(store: Store, scale: number, { note }: BenchContext): Promise<void> {
  const untilMs = Date.now() - 60_000;
  const plan: Spread = { requests: scale - 1, sinceMs: untilMs - SPAN_MS + DAY_MS, untilMs };
  for (let from = 0; from < plan.requests; from += PER_INSERT) {
    await store.client.command(factsStatement(plan, from, Math.min(plan.requests, from + PER_INSERT)));
  }
  const one = result(
    ONE,
    20_000,
    { received: 100, created: 90, failed: counts({ "1003": 10 }) },
    plan.untilMs - DAY_MS,
  );
  await store.append({ ...EMPTY_BATCH, facts: [one] });
  await store.client.command("TRUNCATE TABLE arrivals");
  for (const statement of STREAM) await store.client.command(statement);
  note(`filled ${scale} requests`);
}

/** Requests [from, until), one or two facts each: half of them submitted, one in five with a link field, one in fifty failed in part. */
function factsStatement({ sinceMs, untilMs, requests }: Spread, from: number, until: number): string {
  return `
    INSERT INTO facts_by_time (
      minute, request_id, fact_id, version, kind, at, t0, t0_rank, target, instance, object_type, object_name, priority, client_id,
      correlation_id, request_source, received, created, updated, failed_codes, failed_counts, http_status, responded_at, link_bearing, job_rank)
    WITH fromUnixTimestamp64Milli(toInt64(${sinceMs} + i * ${(untilMs - sinceMs) / requests}), 'UTC') AS began, part = 0 AS sent, i % 5 = 0 AS linked
    SELECT
      toStartOfMinute(began), lower(hex(MD5(toString(i)))), cityHash64(i, part), 1, if(sent, 'submission', 'result'),
      if(sent, began, began + INTERVAL 30 SECOND), began, if(sent, 2, 1), 'marketo', concat('10', toString(i % 3), '-ABC-456'),
      if(linked, 'customObject', 'person'), if(linked, 'purchases', ''), if(i % 10 = 0, 'high', 'normal'), 'sim-user@marketo.example',
      concat('job-', toString(intDiv(i, 50000)), '/', toString(intDiv(i, 1000))), ['crm-sync', 'backfill', 'web'][1 + i % 3],
      100, if(sent, 0, 40), multiIf(sent, 0, i % 50 = 1, 57, i % 100 = 5, 50, 60),
      if(NOT sent AND i % 50 = 1, ['1003'], []), if(NOT sent AND i % 50 = 1, [3], []), if(sent, 202, 0), NULL, sent AND linked, 0
    FROM (SELECT number AS i FROM numbers(${from}, ${until - from}))
    ARRAY JOIN [0, 1] AS part
    WHERE part = 1 OR i % 2 = 0 OR i % 5 = 0
    SETTINGS max_threads = 2, max_partitions_per_insert_block = 0, optimize_on_insert = 0`;
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
