-- Acknowledgements on their way from the process that was asked to the one that runs alerting.

CREATE TABLE IF NOT EXISTS alert_acknowledgements {{on_cluster}}
(
    alert_id String,
    at       DateTime64(3, 'UTC'),
    by       String,
    comment  String
)
ENGINE = {{everywhere ReplacingMergeTree}}
ORDER BY (at, alert_id, by)
TTL toDateTime(at) + INTERVAL 7 DAY;
