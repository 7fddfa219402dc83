-- Alerting: what fires, which requests are behind it, who was told, and how far the sweeps have come.

-- Facts that may change an alert when they arrive: late, with failures, refused or unanswered; in the order of arrival.
CREATE TABLE IF NOT EXISTS {{table notable_arrivals}} {{on_cluster}}
(
    arrived_at DateTime64(3, 'UTC'),
    request_id String
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toDate(arrived_at)
ORDER BY (arrived_at, request_id)
TTL toDateTime(arrived_at) + INTERVAL 3 DAY;
-- distributed: notable_arrivals by cityHash64(request_id)

CREATE MATERIALIZED VIEW IF NOT EXISTS notable_arrivals_mv {{on_cluster}} TO {{table notable_arrivals}} AS
SELECT now64(3, 'UTC') AS arrived_at, request_id
FROM {{table facts}}
WHERE length(failed_codes) > 0
   OR (kind = 'submission' AND (http_status < 200 OR http_status > 299))
   OR kind = 'job'
   OR t0 < now64(3, 'UTC') - INTERVAL 10 SECOND;

CREATE TABLE IF NOT EXISTS alert_members {{on_cluster}}
(
    rule          LowCardinality(String),
    request_id    String,
    alert_id      String,
    status        LowCardinality(String) COMMENT 'firing, resolved, recovered',
    evidence      LowCardinality(String),
    reason        String,
    outstanding   UInt64,
    failed_codes  Array(LowCardinality(String)),
    failed_counts Array(UInt32),
    changed_at    DateTime64(3, 'UTC') COMMENT 'the newest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(changed_at)}}
ORDER BY (request_id, rule)
TTL toDateTime(changed_at) + INTERVAL {{retention_days}} DAY;

CREATE TABLE IF NOT EXISTS alerts {{on_cluster}}
(
    alert_id         String,
    rule             LowCardinality(String),
    instance         LowCardinality(String),
    object_name      LowCardinality(String),
    source           LowCardinality(String),
    status           LowCardinality(String),
    severity         LowCardinality(String),
    evidence         LowCardinality(String),
    reason           String,
    starts_at        DateTime64(3, 'UTC'),
    ends_at          Nullable(DateTime64(3, 'UTC')),
    changed_at       DateTime64(3, 'UTC'),
    requests         UInt64,
    sample           Array(String),
    outstanding      UInt64,
    failed_codes     Array(LowCardinality(String)),
    failed_counts    Array(UInt32),
    acknowledged_at  Nullable(DateTime64(3, 'UTC')),
    acknowledged_by  String,
    notified_at      Nullable(DateTime64(3, 'UTC')),
    notified_count   UInt64,
    notified_status  LowCardinality(String),
    revision         UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY alert_id
TTL toDateTime(starts_at) + INTERVAL {{retention_days}} DAY;

CREATE TABLE IF NOT EXISTS alert_events {{on_cluster}}
(
    alert_id String,
    at       DateTime64(3, 'UTC'),
    what     LowCardinality(String),
    reason   String
)
ENGINE = {{everywhere ReplacingMergeTree}}
ORDER BY (alert_id, at, what)
TTL toDateTime(at) + INTERVAL {{retention_days}} DAY;

CREATE TABLE IF NOT EXISTS deliveries {{on_cluster}}
(
    delivery_id String COMMENT 'the idempotency key of the notification',
    alert_id    String,
    hook        LowCardinality(String),
    payload     String CODEC(ZSTD(3)),
    status      LowCardinality(String) COMMENT 'pending, delivered, undeliverable',
    attempts    UInt32,
    created_at  DateTime64(3, 'UTC'),
    next_at     DateTime64(3, 'UTC'),
    last_error  String,
    changed_at  DateTime64(3, 'UTC'),
    revision    UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY delivery_id
TTL toDateTime(created_at) + INTERVAL 30 DAY;

CREATE TABLE IF NOT EXISTS silences {{on_cluster}}
(
    silence_id String,
    matchers   String COMMENT 'JSON: [{label, match, value}]',
    starts_at  DateTime64(3, 'UTC'),
    until      DateTime64(3, 'UTC'),
    created_by String,
    comment    String,
    revision   UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY silence_id;

CREATE TABLE IF NOT EXISTS sweep_cursors {{on_cluster}}
(
    name     String,
    at       DateTime64(3, 'UTC') COMMENT 'up to where it has been swept, on the axis of its sweep',
    revision UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY name;
