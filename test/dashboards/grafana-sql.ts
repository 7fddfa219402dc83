/**
 * What Grafana and its ClickHouse plugin make of a query before it is sent: macros and variables, those that we use.
 *
 * After the plugin's own macros (grafana/clickhouse-datasource, pkg/macros) and Grafana's formats of variables.
 */

export interface PanelRange {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly intervalMs: number;
}

/** Values of a variable; `all`: its value when all are meant, as it stands. */
export type VariableValue = { readonly values: readonly string[] } | { readonly all: string };

const seconds = (at: number): number => Math.floor(at / 1_000);

const MACROS: Readonly<Record<string, (range: PanelRange, argument: string) => string>> = {
  fromTime: ({ from }) => `toDateTime(${seconds(from)})`,
  toTime: ({ to }) => `toDateTime(${seconds(to)})`,
  fromTime_ms: ({ from }) => `fromUnixTimestamp64Milli(${from})`,
  toTime_ms: ({ to }) => `fromUnixTimestamp64Milli(${to})`,
  timeFilter: ({ from, to }, column) =>
    `${column} >= toDateTime(${seconds(from)}) AND ${column} <= toDateTime(${seconds(to)})`,
  timeInterval: ({ intervalMs }, column) =>
    `toStartOfInterval(toDateTime(${column}), INTERVAL ${Math.max(1, seconds(intervalMs))} second)`,
};

/** @throws Error for a macro or a variable that is not known */
export function expandSql(
  rawSql: string,
  range: PanelRange,
  variables: ReadonlyMap<string, VariableValue>,
): string {
  return rawSql
    .replaceAll(/\$\{(\w+):(\w+)\}/g, (_, name: string, format: string) => {
      const value = variables.get(name);
      if (value === undefined || format !== "singlequote")
        throw new Error(`not a variable: ${name}:${format}`);
      return "all" in value ? value.all : value.values.map(quote).join(",");
    })
    .replaceAll(/\$__(\w+)(?:\(([^()]*)\))?/g, (_, name: string, argument = "") => {
      const macro = MACROS[name];
      if (macro === undefined) throw new Error(`not a macro: ${name}`);
      return macro(range, argument as string);
    });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}
