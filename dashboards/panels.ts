/**
 * The kinds of panels, each with the house's defaults: a description always, legends as tables, units, no data said in words.
 */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { fixedColor, STATE_COLORS } from "./colors.ts";
import { CLICKHOUSE, PROMETHEUS, sql } from "./sources.ts";

interface Place {
  /** Of 24 columns. */
  readonly span: number;
  /** In rows of 30 pixels. */
  readonly height: number;
}

interface Told extends Place {
  readonly title: string;
  /** What it shows, and what to do when it looks bad. */
  readonly about: string;
  readonly unit?: string;
}

interface Asked {
  /** SQL, or PromQL with names for the lines. */
  readonly query: string | readonly (readonly [expr: string, legend: string])[];
}

export type Panel = Builder<dashboard.Panel>;

const targets = (query: Asked["query"], as: "table" | "series"): Builder<Dataquery>[] =>
  typeof query === "string"
    ? [sql(query, as)]
    : query.map(([expr, legend], index) => promQl(expr, legend, index));

const sourceOf = (query: Asked["query"]) => (typeof query === "string" ? CLICKHOUSE : PROMETHEUS);

function promQl(expr: string, legend: string, index: number): Builder<Dataquery> {
  const query = {
    refId: String.fromCharCode(65 + index),
    datasource: PROMETHEUS,
    editorMode: "code",
    expr,
    legendFormat: legend,
    range: true,
  };
  return { build: () => query as unknown as Dataquery };
}

/** What every kind of panel has; their builders share the methods, and no type. */
interface Basics<B> {
  title(title: string): B;
  description(text: string): B;
  datasource(source: ReturnType<typeof sourceOf>): B;
  targets(all: Builder<Dataquery>[]): B;
  span(columns: number): B;
  height(rows: number): B;
  noValue(text: string): B;
}

function basics<B extends Basics<B>>(panel: B, one: Told & Asked, as: "table" | "series", empty: string): B {
  return panel
    .title(one.title)
    .description(one.about)
    .datasource(sourceOf(one.query))
    .targets(targets(one.query, as))
    .span(one.span)
    .height(one.height)
    .noValue(empty);
}

/** Steps from green: from this value on, this colour. */
export type Steps = readonly (readonly [from: number, color: string])[];

function thresholds(steps: Steps, base = "green"): Builder<dashboard.ThresholdsConfig> {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([
      { value: null as unknown as number, color: base },
      ...steps.map(([value, color]) => ({ value, color })),
    ]);
}

/** One number, the last of its column. */
export function number(
  one: Told & Asked & { readonly steps?: Steps; readonly base?: string; readonly decimals?: number },
): Panel {
  const panel = basics(new stat.PanelBuilder(), one, "table", "none")
    .unit(one.unit ?? "short")
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .thresholds(thresholds(one.steps ?? [], one.base ?? (one.steps === undefined ? "text" : "green")));
  return one.decimals === undefined ? panel : panel.decimals(one.decimals);
}

/** What is counted by the hour: a bar an hour, its parts on top of each other. */
export const HOURLY_BARS = { step: "1h", bars: true, stacked: true } as const;

interface Lines {
  /** The label whose values name the lines. */
  readonly by?: string;
  readonly stacked?: boolean;
  readonly bars?: boolean;
  readonly percent?: boolean;
  readonly colors?: Readonly<Record<string, string>>;
  /** All lines in shades of one colour: none of them is good. */
  readonly shades?: string;
  /** Shortest step: `1h` for what is counted by the hour. */
  readonly step?: string;
  /** A range of its own, back from now, whatever the dashboard shows. */
  readonly last?: string;
  readonly min?: number;
  readonly max?: number;
  /** What the legend tells beside the names: `sum`, `max`, `lastNotNull`. */
  readonly tell?: readonly string[];
}

/** Lines or bars over time; the legend is a table, beside where there is room. */
export function overTime(one: Told & Asked & Lines): Panel {
  const panel = basics(new timeseries.PanelBuilder(), one, "series", "none in this range")
    .unit(one.unit ?? "short")
    .min(one.min ?? 0)
    .drawStyle(one.bars === true ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    .fillOpacity(one.bars === true ? 90 : one.stacked === true ? 40 : 8)
    .lineWidth(one.bars === true ? 0 : 1)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(one.span >= 12 ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([...(one.tell ?? ["sum"])]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  if (one.shades !== undefined) {
    const mode = dashboard.FieldColorModeId.Shades;
    panel.colorScheme(new dashboard.FieldColorBuilder().mode(mode).fixedColor(one.shades));
  }
  if (one.max !== undefined) panel.max(one.max);
  if (one.by !== undefined) panel.displayName(`\${__field.labels.${one.by}}`);
  if (one.step !== undefined) panel.interval(one.step);
  if (one.last !== undefined) panel.timeFrom(one.last);
  if (one.stacked === true) {
    const mode = one.percent === true ? common.StackingMode.Percent : common.StackingMode.Normal;
    panel.stacking(new common.StackingConfigBuilder().mode(mode).group("A"));
  }
  for (const [name, color] of Object.entries(one.colors ?? {})) panel.overrideByName(name, fixedColor(color));
  return panel;
}

/** How a column of a table looks: its unit, its width in pixels, where a click leads. */
export interface Column {
  readonly unit?: string;
  readonly width?: number;
  readonly decimals?: number;
  /** Title and address; `${__value.raw}` and `${__data.fields["x"]}` stand in it. */
  readonly link?: readonly [title: string, url: string];
  readonly states?: true;
  readonly gauge?: readonly [min: number, max: number];
  readonly steps?: Steps;
  readonly hidden?: true;
}

/** A column with a point in time. */
export const MOMENT: Column = { unit: "dateTimeAsIso", width: 165 };

export function rows(
  one: Told &
    Asked & {
      readonly columns?: Readonly<Record<string, Column>>;
      readonly empty?: string;
      readonly last?: string;
    },
): Panel {
  const panel = basics(new table.PanelBuilder(), one, "table", one.empty ?? "none")
    .filterable(true)
    .cellHeight(common.TableCellHeight.Sm);
  if (one.unit !== undefined) panel.unit(one.unit);
  if (one.last !== undefined) panel.timeFrom(one.last);
  for (const [name, column] of Object.entries(one.columns ?? {}))
    panel.overrideByName(name, columnConfig(column));
  return panel;
}

function columnConfig(column: Column): dashboard.DynamicConfigValue[] {
  const { unit, width, decimals, link, states, gauge, steps, hidden } = column;
  const config: [string, unknown][] = [
    ["unit", unit],
    ["custom.width", width],
    ["decimals", decimals],
    ["links", link && [{ title: link[0], url: link[1] }]],
    ["custom.hidden", hidden],
  ];
  if (states) config.push(["mappings", [stateMapping()]], ["custom.cellOptions", { type: "color-text" }]);
  if (gauge) {
    config.push(
      ["min", gauge[0]],
      ["max", gauge[1]],
      ["custom.cellOptions", { type: "gauge", mode: "basic" }],
    );
  }
  if (steps) {
    config.push(["thresholds", thresholds(steps).build()], ["custom.cellOptions", { type: "color-text" }]);
  }
  return config.filter(([, value]) => value !== undefined).map(([id, value]) => ({ id, value }));
}

/** Names of states in their colours. */
function stateMapping(): dashboard.ValueMapping {
  const options = Object.entries(STATE_COLORS).map(([state, color], index) => [state, { color, index }]);
  return {
    type: dashboard.MappingType.ValueToText,
    options: Object.fromEntries(options),
  } as dashboard.ValueMapping;
}

/** One bar a row of the answer, named by a column. */
export function bars(
  one: Told &
    Asked & {
      readonly name: string;
      readonly value: string;
      readonly colors?: Readonly<Record<string, string>>;
    },
): Panel {
  const panel = basics(new bargauge.PanelBuilder(), one, "table", "none")
    .unit(one.unit ?? "short")
    .min(0)
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Fixed).fixedColor("blue"))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .withTransformation({
      id: "rowsToFields",
      options: {
        mappings: [
          { fieldName: one.name, handlerKey: "field.name" },
          { fieldName: one.value, handlerKey: "field.value" },
        ],
      },
    });
  for (const [name, color] of Object.entries(one.colors ?? {})) panel.overrideByName(name, fixedColor(color));
  return panel;
}
