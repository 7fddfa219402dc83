/**
 * The two data sources, as dashboards and rules ask them. Dashboards name them by variables, so that any installation fits.
 */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";

export const CLICKHOUSE_PLUGIN = "grafana-clickhouse-datasource";
export const CLICKHOUSE: DataSourceRef = { type: CLICKHOUSE_PLUGIN, uid: "${clickhouse}" };
export const PROMETHEUS: DataSourceRef = { type: "prometheus", uid: "${prometheus}" };

/** A query of the ClickHouse plugin. The data source's default database is that of after202. */
interface ClickHouseQuery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly editorType: "sql";
  readonly queryType: "table" | "timeseries";
  /** 0 time series: columns of text become labels; 1 table. */
  readonly format: 0 | 1;
  readonly rawSql: string;
}

/** `series`: one column is a time, those of text tell the lines apart. */
export function sql(rawSql: string, as: "table" | "series", refId = "A"): Builder<Dataquery> {
  const query: ClickHouseQuery = {
    refId,
    datasource: CLICKHOUSE,
    editorType: "sql",
    queryType: as === "series" ? "timeseries" : "table",
    format: as === "series" ? 0 : 1,
    rawSql: trim(rawSql),
  };
  return { build: () => query as unknown as Dataquery };
}

/** Without the indentation of the code around it. */
function trim(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const margin = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(margin).trimEnd()).join("\n");
}
