/**
 * `npm run dashboards:pictures -- FOLDER`: a picture of each dashboard, from its JSON and the answers of a filled store, to look at.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createHourlyRollup } from "../../src/alerts/hourly-rollup.ts";
import { openBrowser } from "../browser/chromium.ts";
import { STORE_PATHS } from "../store/store-paths.ts";
import { type BoardPanel, loadBoards, panelSql, panelsOf } from "./boards.ts";
import { boardPage } from "./drawing/board-page.ts";
import type { Rows } from "./drawing/rows.ts";
import { fillDay } from "./filled-day.ts";

const [folder = "dashboards-pictures"] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const [embedded] = STORE_PATHS;
if (embedded === undefined) throw new Error("there is no embedded store");
const { store, close } = await embedded.open();
const now = Date.now();
await fillDay(store, now);
const clock = { now: () => now, sleep: async () => undefined };
const logger = { debug() {}, info() {}, warn() {}, error() {} };
await createHourlyRollup({ store, clock, logger, speed: 1 }).round();

const browser = await openBrowser();
for (const board of loadBoards()) {
  const answers = new Map<BoardPanel, Rows>();
  for (const panel of panelsOf(board).filter(({ datasource }) => datasource?.type !== "prometheus")) {
    const sql = panelSql(board, panel, { now, typed: { request_id: "day-1200-0" } });
    const columns = await store.client.query<Rows["columns"][number]>(`DESCRIBE (${sql})`);
    answers.set(panel, { columns, rows: await store.client.query(sql) });
  }
  const page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
  await page.setContent(boardPage(board, answers, now));
  await page.screenshot({ path: join(folder, `${board.uid}.png`), fullPage: true });
  await page.close();
}
await browser.close();
await close();
