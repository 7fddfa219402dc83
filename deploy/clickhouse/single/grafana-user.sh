#!/bin/sh
# Grafana's own user on ClickHouse: reads after202's tables, and has limits on what a panel may cost.
set -eu
clickhouse-client --user after202 --password "$(cat /run/secrets/clickhouse_password)" --multiquery <<SQL
CREATE USER IF NOT EXISTS grafana IDENTIFIED BY '$(cat /run/secrets/grafana_clickhouse_password)'
  SETTINGS readonly = 2, max_execution_time = 30 MAX 60, max_memory_usage = 2000000000, max_result_rows = 1000000;
GRANT SELECT ON after202.* TO grafana;
REVOKE SELECT ON after202.api_keys FROM grafana;
SQL
