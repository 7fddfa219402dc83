/** Every query of every dashboard, as Grafana would send it, against the engine. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createHourlyRollup } from "../../src/alerts/hourly-rollup.ts";
import { STATE_COLORS } from "../../dashboards/colors.ts";
import { STORE_PATHS, type StorePath } from "../store/store-paths.ts";
import { type BoardPanel, GENERATED, loadBoards, panelSql, panelsOf, variablesOf } from "./boards.ts";
import { CODES, fillDay } from "./filled-day.ts";
import { expandSql } from "./grafana-sql.ts";

const NOW = Date.now();
/** A request that waits for its persons, and a load. */
const TYPED = { request_id: "day-1-0", correlation_id: "", load: "" };

interface Column {
  readonly name: string;
  readonly type: string;
}
type Row = Readonly<Record<string, unknown>>;

function openEmbedded(): Promise<StorePath> {
  const [embedded] = STORE_PATHS;
  if (embedded === undefined) throw new Error("there is no embedded store");
  return embedded.open();
}

const boards = loadBoards();
const asking = boards.flatMap((board) =>
  panelsOf(board)
    .filter(({ datasource }) => datasource?.type !== "prometheus")
    .map((panel) => ({ name: `${board.title}: ${panel.title}`, board, panel })),
);

// over HTTP the same engine reads the same SQL: one way is enough
describe("dashboards", () => {
  let path: StorePath;
  const answers = new Map<string, Row[]>();
  const ask = <R = Row>(sql: string): Promise<R[]> => path.store.client.query<R>(sql);

  beforeAll(async () => {
    path = await openEmbedded();
    await fillDay(path.store, NOW);
    const clock = { now: () => NOW, sleep: () => Promise.reject(new Error("not asked for")) };
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    await createHourlyRollup({ store: path.store, clock, logger, speed: 1 }).round();
  });
  afterAll(() => path.close());

  it.each(asking)("$name has an answer with what it maps", async ({ name, board, panel }) => {
    const sql = panelSql(board, panel, { now: NOW, typed: TYPED });
    const columns = await ask<Column>(`DESCRIBE (${sql})`);
    requireMapped(panel, columns);
    const rows = await ask(sql);
    answers.set(name, rows);
    expect(rows).not.toHaveLength(0);
    for (const { name: column } of columns) expect(rows[0]).toHaveProperty([column]);
  });

  it("shows every state and every failure code somewhere", () => {
    const shown = new Set([...answers.values()].flat().flatMap((row) => Object.values(row).map(String)));
    expect([...Object.keys(STATE_COLORS), ...CODES].filter((one) => !shown.has(one))).toEqual([]);
  });

  it("tells the facts of one request in words", () => {
    const facts = answers.get("after202 / Requests: What is known of it") ?? [];
    expect(facts.map(({ what, told, records }) => [what, told, records])).toEqual([
      ["submission", "answered 202", "100"],
      ["result", "60 created, 40 updated", "100"],
    ]);
    expect(answers.get("after202 / Requests: How it stands")?.[0]).toMatchObject({
      state: "succeeded",
      created: "60",
    });
  });

  it("counts states as the fold does: what the overview shows is what the list of requests shows", async () => {
    const overview = answers.get("after202 / Overview: States") ?? [];
    const folded = await ask<{ state: string; requests: string }>(
      `SELECT state, count() AS requests FROM lifecycles(since = '2020-01-01 00:00:00', until = now64(3, 'UTC'), now = fromUnixTimestamp64Milli(${NOW}))
       WHERE t0 >= toStartOfHour(toDateTime(${Math.floor(NOW / 1_000)}) - INTERVAL 1 DAY) GROUP BY state ORDER BY requests DESC`,
    );
    const counts = (rows: readonly Row[]) =>
      Object.fromEntries(rows.map((row) => [row["state"], row["requests"]]));
    expect(counts(overview)).toEqual(counts(folded));
  });

  it("asks for alerts in rules as in dashboards, with labels and one number", async () => {
    const { groups } = parse(readFileSync(new URL("alert-rules.yaml", GENERATED), "utf8")) as {
      groups: { rules: { title: string; data: { model: { rawSql?: string } }[] }[] }[];
    };
    for (const { title, data } of groups.flatMap(({ rules }) => rules)) {
      const rawSql = data[0]?.model.rawSql;
      if (rawSql === undefined) continue;
      const columns = await ask<Column>(`DESCRIBE (${rawSql})`);
      expect(
        columns.filter(({ type }) => type === "Float64"),
        title,
      ).toHaveLength(1);
      expect(await ask(rawSql), title).not.toHaveLength(0);
    }
  });

  it("fills the lists of variables, and annotations", async () => {
    for (const board of boards) {
      for (const { type, query, name } of board.templating.list) {
        if (type !== "query") continue;
        expect(await ask(query ?? ""), name).not.toHaveLength(0);
      }
      for (const { target } of board.annotations.list ?? []) {
        if (target === undefined) continue;
        const range = { from: NOW - 86_400_000, to: NOW, intervalMs: 60_000 };
        const [first] = await ask(expandSql(target.rawSql, range, variablesOf(board)));
        expect(Object.keys(first ?? {})).toEqual(["time", "timeEnd", "title", "text", "tags"]);
      }
    }
  });

  it("finds nothing, and fails nowhere, where somebody types in what is not there", async () => {
    const odd = "it's ${x} -- \\ 'quoted'";
    for (const { board, panel } of asking.filter(({ board: { uid } }) => /requests|loads/.test(uid))) {
      const typed = { request_id: odd.replaceAll("\\", ""), correlation_id: "no/such", load: "none" };
      expect(Array.isArray(await ask(panelSql(board, panel, { now: NOW, typed })))).toBe(true);
    }
  });
});

/** Throws where a panel shows, colours or names something that its answer does not have. */
function requireMapped(panel: BoardPanel, columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name);
  const isTime = ({ type }: Column): boolean => /DateTime/.test(type);
  const isNumber = ({ type }: Column): boolean => /^(Nullable\()?(U?Int|Float)/.test(type);
  const isText = ({ type }: Column): boolean => /String|Enum/.test(type);
  const overridden = (panel.fieldConfig?.overrides ?? []).map(({ matcher }) => matcher.options);
  if (panel.type === "timeseries") {
    expect(columns.filter(isTime).map(({ name }) => name)).toEqual(["time"]);
    expect(columns.filter(isNumber).length).toBeGreaterThan(0);
    const label = /^\$\{__field\.labels\.(\w+)\}$/.exec(panel.fieldConfig?.defaults.displayName ?? "")?.[1];
    expect(columns.filter(isText).map(({ name }) => name)).toEqual(label === undefined ? [] : [label]);
    if (label === undefined) expect(names).toEqual(expect.arrayContaining(overridden));
    else expect(columns.filter(isNumber)).toHaveLength(1); // else two lines would have one name
  } else if (panel.type === "stat") {
    expect(columns.filter(isNumber)).toHaveLength(1);
    expect(columns).toHaveLength(1);
  } else if (panel.type === "bargauge") {
    const mapped = panel.transformations?.[0]?.options.mappings ?? [];
    expect(mapped.map(({ fieldName }) => fieldName).toSorted()).toEqual(names.toSorted());
  } else expect(names).toEqual(expect.arrayContaining(overridden));
}
