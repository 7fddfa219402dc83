/**
 * Alert rules for those who alert in Grafana: after202's own alerts as instances of two rules, and what after202 cannot tell
 * itself, for it would be the one that is away. Provisioned as a file; it names the data sources by fixed uids.
 */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as alerting from "@grafana/grafana-foundation-sdk/alerting";
import { sql } from "./sources.ts";

const CLICKHOUSE_UID = "after202-clickhouse";
const PROMETHEUS_UID = "after202-prometheus";

interface RuleSpec {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly severity: "warning" | "critical";
  readonly wait: string;
  /** It fires for each row or series whose value is above this. */
  readonly above: number;
  readonly query: { readonly sql: string } | { readonly promQl: string };
  /** Nothing found is fine, unless the question always has an answer. */
  readonly noData?: "OK" | "Alerting";
}

const FIRING = (severity: string): string => `
  SELECT rule, instance, object_name, source, toFloat64(greatest(1, requests)) AS requests
  FROM alerts FINAL WHERE status = 'firing' AND severity = '${severity}' AND isNull(acknowledged_at)
  ORDER BY starts_at LIMIT 500`;

const RULES: readonly RuleSpec[] = [
  {
    name: "critical",
    title: "after202: an alert that is critical",
    summary: "{{ $labels.rule }} {{ $labels.instance }} {{ $labels.object_name }}: {{ $values.A }} requests",
    severity: "critical",
    wait: "0s",
    above: 0,
    query: { sql: FIRING("critical") },
  },
  {
    name: "warning",
    title: "after202: an alert that warns",
    summary: "{{ $labels.rule }} {{ $labels.instance }} {{ $labels.object_name }} {{ $labels.source }}",
    severity: "warning",
    wait: "1m",
    above: 0,
    query: { sql: FIRING("warning") },
  },
  {
    name: "rollup-age",
    title: "after202: nobody counts",
    summary:
      "The hourly counts are more than 30 minutes old: no process with the role alerts is running, so nobody alerts either.",
    severity: "critical",
    wait: "5m",
    above: 1_800,
    query: {
      sql: "SELECT toFloat64(dateDiff('second', max(at), now64(3))) AS age FROM sweep_cursors FINAL WHERE name = 'hourly'",
    },
    noData: "Alerting",
  },
  {
    name: "cursor-age",
    title: "after202: a journal is not read",
    summary: "The journal {{ $labels.journal }} was last read more than a day ago; Adobe keeps 7 days.",
    severity: "critical",
    wait: "15m",
    above: 86_400,
    query: {
      sql: "SELECT source AS journal, toFloat64(dateDiff('second', saved_at, now64(3))) AS age FROM cursors FINAL",
    },
  },
  {
    name: "down",
    title: "after202: no process answers",
    summary: "Prometheus reaches no process of after202.",
    severity: "critical",
    wait: "2m",
    above: 0,
    query: { promQl: "absent(after202_process_start_time_seconds)" },
  },
];

/** The file as Grafana provisions it. */
export function alertRules(): object {
  return {
    apiVersion: 1,
    groups: [{ orgId: 1, name: "after202", folder: "after202", interval: "1m", rules: RULES.map(ruleOf) }],
  };
}

function ruleOf(spec: RuleSpec): object {
  const {
    folderUID: _folder,
    orgID: _org,
    ruleGroup: _group,
    ...rule
  } = new alerting.RuleBuilder(spec.title)
    .uid(`after202-${spec.name}`)
    .condition("B")
    .withQuery(question(spec))
    .withQuery(threshold(spec.above))
    .noDataState(spec.noData ?? "OK")
    .execErrState("Error")
    .forDuration(spec.wait)
    .annotations({ summary: spec.summary })
    .labels({ severity: spec.severity, service: "after202" })
    .folderUID("after202")
    .ruleGroup("after202")
    .build();
  return rule;
}

function question({ query }: RuleSpec): Builder<alerting.Query> {
  const isSql = "sql" in query;
  const model: Dataquery = isSql
    ? ({ ...sql(query.sql, "table").build(), datasource: undefined } as unknown as Dataquery)
    : ({ refId: "A", expr: query.promQl, instant: true, range: false } as unknown as Dataquery);
  return new alerting.QueryBuilder("A")
    .datasourceUid(isSql ? CLICKHOUSE_UID : PROMETHEUS_UID)
    .relativeTimeRange({ from: 600, to: 0 })
    .model({ build: () => model });
}

function threshold(above: number): Builder<alerting.Query> {
  const model = {
    refId: "B",
    type: "threshold",
    expression: "A",
    conditions: [{ evaluator: { type: "gt", params: [above] } }],
  } as unknown as Dataquery;
  return new alerting.QueryBuilder("B")
    .datasourceUid("__expr__")
    .relativeTimeRange({ from: 0, to: 0 })
    .model({ build: () => model });
}
