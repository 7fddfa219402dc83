/**
 * What every dashboard has: data sources to choose, links to the others, alerts as annotations, UTC, one refresh.
 */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { ALL } from "./conditions.ts";
import type { Panel } from "./panels.ts";
import { CLICKHOUSE, CLICKHOUSE_PLUGIN, sql } from "./sources.ts";

type Variable = Builder<dashboard.VariableModel>;

export interface Frame {
  /** Of the file, and of its address in Grafana: `after202-overview`. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Range when it is opened: `now-24h`. */
  readonly from: string;
  readonly variables?: readonly Variable[];
  readonly prometheus?: true;
  readonly rows: readonly (readonly [title: string, panels: readonly Panel[]])[];
}

const TAG = "after202";

export function dashboardOf(frame: Frame): dashboard.Dashboard {
  const board = new dashboard.DashboardBuilder(`after202 / ${frame.title}`)
    .uid(`after202-${frame.name}`)
    .description(frame.about)
    .tags([TAG])
    .timezone("utc")
    .readonly()
    .refresh("1m")
    .time({ from: frame.from, to: "now" })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables([
      ...(frame.prometheus ? [source("prometheus", "prometheus", "Prometheus")] : []),
      ...clickhouse(frame),
    ])
    .link(
      new dashboard.DashboardLinkBuilder("after202")
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(false)
        .includeVars(true)
        .keepTime(true),
    );
  if (!frame.prometheus) board.annotation(alerts());
  for (const [title, panels] of frame.rows) {
    board.withRow(new dashboard.RowBuilder(title));
    for (const panel of panels) board.withPanel(panel);
  }
  const built = board.build();
  // ids that stay: links and alerts name panels by them
  return { ...built, panels: (built.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 })) };
}

function clickhouse(frame: Frame): Variable[] {
  if (frame.prometheus) return [...(frame.variables ?? [])];
  return [source("clickhouse", CLICKHOUSE_PLUGIN, "ClickHouse"), ...(frame.variables ?? [])];
}

function source(name: string, type: string, label: string): Variable {
  return new dashboard.DatasourceVariableBuilder(name).type(type).label(label);
}

/** Alerts of after202, from their beginning to their end. */
function alerts() {
  return new dashboard.AnnotationQueryBuilder()
    .name("Alerts")
    .datasource(CLICKHOUSE)
    .enable(true)
    .iconColor("red")
    .target(
      sql(
        `
        SELECT starts_at AS time, ifNull(ends_at, now64(3)) AS timeEnd, rule AS title,
               concat(reason, if(instance = '', '', concat(' (', instance, ')'))) AS text, severity AS tags
        FROM alerts FINAL
        WHERE $__timeFilter(starts_at) AND severity != 'info'
        ORDER BY starts_at DESC LIMIT 200`,
        "table",
      ),
    );
}

/** Several values of a column of the hourly roll-up, or all. */
function choice(name: string, label: string, column: string): Variable {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(CLICKHOUSE)
    .query(
      `SELECT ${column} FROM hourly WHERE hour >= now() - INTERVAL 30 DAY GROUP BY ${column} ORDER BY ${column} LIMIT 500`,
    )
    .refresh(dashboard.VariableRefresh.OnDashboardLoad)
    .multi(true)
    .includeAll(true)
    .allValue(ALL)
    .current({ text: "All", value: "$__all" });
}

export const INSTANCE = choice("instance", "Instance", "instance");
export const OBJECT_TYPE = choice("object_type", "Object type", "object_type");

/** A text to type in. */
export function typed(name: string, label: string, preset = ""): Variable {
  return new dashboard.TextBoxVariableBuilder(name)
    .label(label)
    .defaultValue(preset)
    .current({ text: preset, value: preset });
}

/** Where the web page of after202 is reached from the reader's browser. */
export const WEB_PAGE = typed("web_page", "after202 at", "http://127.0.0.1:8202");
