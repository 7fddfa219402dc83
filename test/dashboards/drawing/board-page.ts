/**
 * A dashboard drawn from its JSON and from the answers to its queries: panels where Grafana puts them in a window of 1280 px.
 *
 * Not Grafana: enough of it to see whether things fit, can be read and say something.
 */
import { type Board, type BoardPanel, rangeOf, spanOf } from "../boards.ts";
import { chartSvg, colorOf } from "./chart-svg.ts";
import { escapeHtml, type Rows } from "./rows.ts";
import { valueText } from "./value-text.ts";

/** A window of 1280 px without Grafana's margins, in 24 columns; rows of 30 px and gaps of 8. */
const COLUMN = 1_248 / 24;
const ROW = 38;
const TITLE = 34;

export function boardPage(board: Board, answers: ReadonlyMap<BoardPanel, Rows>, now: number): string {
  const height = Math.max(...board.panels.map(({ gridPos }) => (gridPos.y + gridPos.h) * ROW));
  const drawn = board.panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    const box = { width: w * COLUMN - 8, height: h * ROW - 8 };
    const place = `left:${x * COLUMN}px;top:${y * ROW}px;width:${box.width}px;height:${box.height}px`;
    if (panel.type === "row") return `<div class="row" style="${place}">⌄ ${escapeHtml(panel.title)}</div>`;
    const inside = { width: box.width - 16, height: box.height - TITLE };
    const body = drawPanel(board, panel, answers.get(panel), now, inside);
    const range = panel.timeFrom === undefined ? "" : ` <small>Last ${panel.timeFrom}</small>`;
    return `<div class="panel" style="${place}"><h2>${escapeHtml(panel.title)} <small>ⓘ</small>${range}</h2>${body}</div>`;
  });
  const variables = board.templating.list.map(
    ({ name, current }) =>
      `<span>${name} <b>${String(current?.value ?? "").replace("$__all", "All") || "&nbsp;"}</b></span>`,
  );
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><header><b>${escapeHtml(board.title)}</b>${variables.join("")}</header>
    <main style="height:${height}px">${drawn.join("\n")}</main>`;
}

function drawPanel(
  board: Board,
  panel: BoardPanel,
  rows: Rows | undefined,
  now: number,
  box: { width: number; height: number },
): string {
  if (rows === undefined) {
    return `<div class="asks">${(panel.targets ?? []).map(({ expr = "", legendFormat = "" }) => `<p>${escapeHtml(expr)}<br><b>${escapeHtml(legendFormat)}</b></p>`).join("")}</div>`;
  }
  if (rows.rows.length === 0)
    return `<div class="none">${escapeHtml(panel.fieldConfig?.defaults.noValue ?? "No data")}</div>`;
  if (panel.type === "timeseries") return chartSvg(panel, rows, rangeOf(panel, now, spanOf(board)), box);
  if (panel.type === "stat") return numberHtml(panel, rows);
  if (panel.type === "bargauge") return barsHtml(panel, rows);
  return tableHtml(panel, rows, box.width);
}

function numberHtml(panel: BoardPanel, { columns, rows }: Rows): string {
  const { unit, decimals, thresholds, noValue = "" } = panel.fieldConfig?.defaults ?? {};
  const value = rows[0]?.[columns[0]?.name ?? ""];
  const color =
    thresholds?.steps.findLast((step) => step.value === null || Number(value) >= step.value)?.color ?? "text";
  const shown = value === null || value === undefined ? noValue : valueText(value, unit, decimals);
  return `<div class="number" style="color:${color === "text" ? "#24292e" : colorOf(color)}">${shown}</div>`;
}

function barsHtml(panel: BoardPanel, { rows }: Rows): string {
  const mappings = panel.transformations?.[0]?.options.mappings ?? [];
  const field = (key: string): string =>
    mappings.find(({ handlerKey }) => handlerKey === key)?.fieldName ?? "";
  const most = Math.max(1, ...rows.map((row) => Number(row[field("field.value")])));
  const lines = rows.map((row) => {
    const name = String(row[field("field.name")]);
    const own = panel.fieldConfig?.overrides.find(({ matcher }) => matcher.options === name)?.properties[0]
      ?.value;
    const color = colorOf((own as { fixedColor?: string } | undefined)?.fixedColor ?? "blue");
    const value = Number(row[field("field.value")]);
    return `<div class="bar"><span>${escapeHtml(name)}</span><em><i style="width:${(100 * value) / most}%;background:${color}"></i></em><b>${valueText(value, "short")}</b></div>`;
  });
  return `<div class="bars">${lines.join("")}</div>`;
}

function tableHtml(panel: BoardPanel, { columns, rows }: Rows, width: number): string {
  const property = (name: string, id: string): unknown =>
    panel.fieldConfig?.overrides
      .find(({ matcher }) => matcher.options === name)
      ?.properties.find((one) => one.id === id)?.value;
  const shown = columns.filter(({ name }) => property(name, "custom.hidden") !== true);
  const fixed = shown.map(({ name }) => property(name, "custom.width") as number | undefined);
  const rest =
    (width - fixed.reduce<number>((sum, one) => sum + (one ?? 0), 0)) /
    fixed.filter((one) => one === undefined).length;
  const head = shown.map(
    ({ name }, index) => `<th style="width:${fixed[index] ?? Math.max(rest, 90)}px">${name}</th>`,
  );
  const body = rows.slice(0, 14).map((row) => {
    const cells = shown.map(({ name, type }) => {
      const isNumber = /^(Nullable\()?(U?Int|Float)/.test(type);
      const mapping = (
        property(name, "mappings") as { options: Record<string, { color: string }> }[] | undefined
      )?.[0];
      const color = mapping?.options[String(row[name])]?.color;
      const gauge =
        property(name, "max") === undefined
          ? ""
          : `<em><i style="width:${100 * Number(row[name])}%;background:#56A64B"></i></em>`;
      const text = valueText(
        row[name],
        (property(name, "unit") as string | undefined) ?? (isNumber ? "none" : "text"),
      );
      return `<td class="${isNumber ? "n" : ""}" style="${color === undefined ? "" : `color:${color}`}">${gauge}${escapeHtml(text)}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table class="rows"><tr>${head.join("")}</tr>${body.join("")}</table>`;
}

const STYLE = `
  body { margin: 0; padding: 0 16px; width: 1248px; background: #f4f5f5; font: 12px/1.4 Inter, "Open Sans", sans-serif; color: #24292e }
  header { display: flex; gap: 16px; align-items: baseline; padding: 10px 0 } header span { color: #666 } header span b { background: #fff; border: 1px solid #ccc; padding: 2px 10px; color: #24292e }
  main { position: relative } .row { position: absolute; font-weight: 600; font-size: 14px; padding-top: 4px }
  .panel { position: absolute; box-sizing: border-box; background: #fff; border: 1px solid #e2e3e5; padding: 0 8px; overflow: hidden }
  h2 { font-size: 13px; font-weight: 500; margin: 6px 0 8px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis } h2 small { color: #888; font-weight: 400 }
  .number { font-size: 34px; font-weight: 500; text-align: center } .none, .asks { color: #888; padding: 6px } .asks { font-family: monospace; font-size: 10px; overflow-wrap: anywhere } .none { text-align: center; padding-top: 40px }
  svg text { font-size: 10px; fill: #666 } .grid { stroke: #eee } .beside { display: flex } .legend { flex: 1; overflow: hidden; font-size: 11px; padding-left: 6px } .legend table { width: 100%; border-collapse: collapse }
  .legend i { display: inline-block; width: 12px; height: 4px; margin-right: 6px; vertical-align: middle } .below .legend { height: 84px } .n { text-align: right; font-variant-numeric: tabular-nums }
  .legend th, .rows th { text-align: left; color: #3274d9; font-weight: 500 } .legend th + th { text-align: right } .legend td:first-child { max-width: 160px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
  .rows { border-collapse: collapse; table-layout: fixed } .rows td { border-top: 1px solid #eee; padding: 4px 6px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis } .rows th { padding: 4px 6px; overflow: hidden }
  .bar { display: flex; align-items: center; gap: 8px; margin: 5px 0 } .bar span { width: 90px; text-align: right } .bar em { flex: 1; background: #f4f5f5; height: 22px } .rows em { display: inline-block; width: 70px; height: 10px; background: #eee; margin-right: 6px } .bar b { width: 60px } em i { display: block; height: 100% }
`;
