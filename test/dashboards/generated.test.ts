/** The generated files: up to date, whole, and in Grafana's shape. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generatedFiles } from "../../dashboards/generated-files.ts";
import { GENERATED, loadBoards, panelsOf } from "./boards.ts";

const boards = loadBoards();

it("are what `npm run dashboards` makes", () => {
  const made = generatedFiles();
  expect(readdirSync(GENERATED).toSorted()).toEqual([...made.keys()].toSorted());
  for (const [name, text] of made)
    expect(readFileSync(new URL(name, GENERATED), "utf8") === text, name).toBe(true);
});

describe.each(boards.map((board) => ({ name: board.title, board })))("$name", ({ board }) => {
  const panels = panelsOf(board);

  it("says of each panel what it is for, in a unit", () => {
    for (const panel of panels) {
      expect(panel.description?.length ?? 0, panel.title).toBeGreaterThan(25);
      if (panel.type !== "table") expect(panel.fieldConfig?.defaults.unit, panel.title).toBeTruthy();
      expect(panel.fieldConfig?.defaults.noValue, panel.title).toBeTruthy();
    }
    expect(board.description.length).toBeGreaterThan(40);
  });

  it("places panels side by side, on 24 columns, wide enough for 1280 pixels", () => {
    const taken = new Set<string>();
    for (const { gridPos, title, type } of board.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      if (type === "table" || type === "timeseries") expect(gridPos.w, title).toBeGreaterThanOrEqual(8);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  it("names panels by ids of their own, sources and variables that it has, and dashboards that there are", () => {
    const ids = board.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const known = new Set(board.templating.list.map(({ name }) => name));
    const text = JSON.stringify(board);
    const named = [...text.matchAll(/\$\{(?!__)(\w+)(?::\w+)?\}/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    const uids = boards.map(({ uid }) => uid);
    for (const [, uid = ""] of text.matchAll(/\/d\/([\w-]+)/g)) expect(uids).toContain(uid);
    for (const panel of panels) expect(["${clickhouse}", "${prometheus}"]).toContain(panel.datasource?.uid);
  });
});

it("have uids of their own", () => {
  expect(new Set(boards.map(({ uid }) => uid)).size).toBe(6);
});

it("hold alert rules whose condition, data sources and texts are whole", () => {
  const { groups } = parse(readFileSync(new URL("alert-rules.yaml", GENERATED), "utf8")) as {
    groups: { rules: Record<string, unknown>[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(3);
  expect(new Set(rules.map((rule) => rule["uid"])).size).toBe(rules.length);
  for (const rule of rules) {
    const data = rule["data"] as { refId: string; datasourceUid: string; relativeTimeRange: object }[];
    expect(data.map(({ refId }) => refId)).toEqual(["A", rule["condition"]]);
    expect(["after202-clickhouse", "after202-prometheus"]).toContain(data[0]?.datasourceUid);
    expect(data[0]?.relativeTimeRange).toEqual({ from: 600, to: 0 });
    expect(rule["annotations"]).toHaveProperty("summary");
    expect(rule["labels"]).toHaveProperty("severity");
  }
});
