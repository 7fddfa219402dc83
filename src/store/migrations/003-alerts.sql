-- Alerting: what fires, which requests are behind it, who was told, and how far the sweeps have come.

-- Facts in the order of arrival: for those who follow what changes, and for alerts, which some of them may change.
CREATE TABLE IF NOT EXISTS {{table arrivals}} {{on_cluster}}
(
    arrived_at DateTime64(3, 'UTC') COMMENT 'when the insert began, by the clock of ClickHouse',
    request_id String CODEC(ZSTD(1)),
    why        Enum8('at once' = 1, 'late' = 2, 'done' = 3, 'early' = 4)
        COMMENT 'at once: refused, or of a job; late: with records open or failed; done: late, and nothing is left to do; early: not a fifth of the shortest first retry old, and so with all its milestones to come',
    t0         DateTime64(3, 'UTC') COMMENT 'of the fact: what began before the sweeps stand has been passed by them'
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toDate(arrived_at)
ORDER BY (arrived_at, request_id, why, t0)
TTL toDateTime(arrived_at) + INTERVAL 3 DAY
SETTINGS ttl_only_drop_parts = 1;
-- distributed: arrivals by cityHash64(request_id)

CREATE MATERIALIZED VIEW IF NOT EXISTS arrivals_mv {{on_cluster}} TO {{table arrivals}} AS
SELECT
    now64(3, 'UTC') AS arrived_at, request_id,
    multiIf(
        kind = 'job' OR (kind = 'submission' AND http_status != 0 AND http_status NOT BETWEEN 200 AND 299), 'at once',
        toUnixTimestamp64Milli(t0) >= toUnixTimestamp64Milli(arrived_at)
            - (SELECT min(retry_after_ms[1]) FROM fold_settings FINAL WHERE notEmpty(retry_after_ms)) / 5, 'early',
        kind = 'result' AND empty(failed_codes) AND created + updated >= received, 'done',
        'late') AS why,
    t0
FROM {{table incoming_facts}};

-- When an instance was last heard of, and when something was sent to it, by minutes: a silence is read from it, however long.
CREATE TABLE IF NOT EXISTS {{table stream_activity}} {{on_cluster}}
(
    instance LowCardinality(String),
    kind     Enum8('submission' = 1, 'result' = 2, 'job' = 3) COMMENT 'submissions: only those that were accepted',
    minute   DateTime('UTC'),
    first_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_at  SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = {{engine AggregatingMergeTree}}
ORDER BY (instance, kind, minute)
TTL minute + INTERVAL 30 DAY;
-- distributed: stream_activity by cityHash64(instance)

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_activity_mv {{on_cluster}} TO {{table stream_activity}} AS
SELECT instance, kind, toStartOfMinute(at) AS minute, min(at) AS first_at, max(at) AS last_at
FROM {{table incoming_facts}}
WHERE target = 'marketo' AND (kind = 'result' OR (kind = 'submission' AND http_status BETWEEN 200 AND 299))
GROUP BY instance, kind, minute;

CREATE TABLE IF NOT EXISTS alert_members {{on_cluster}}
(
    request_id    String,
    rule          LowCardinality(String),
    alert_id      String,
    status        LowCardinality(String) COMMENT 'firing, resolved, recovered',
    evidence      LowCardinality(String),
    reason        String,
    outstanding   UInt64,
    failed_codes  Array(LowCardinality(String)) COMMENT 'sorted',
    failed_counts Array(UInt64),
    changed_at    DateTime64(3, 'UTC'),
    revision      UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY (request_id, rule)
TTL toDateTime(changed_at) + INTERVAL {{retention_days}} DAY
SETTINGS index_granularity = 128;

-- The same in the order of alerts: an alert is added up without looking at the members of others.
CREATE TABLE IF NOT EXISTS alert_sums {{on_cluster}}
(
    alert_id      String,
    rule          LowCardinality(String),
    request_id    String,
    status        LowCardinality(String) COMMENT 'resolved also when the request went to another alert',
    outstanding   UInt64,
    failed_codes  Array(LowCardinality(String)) COMMENT 'sorted',
    failed_counts Array(UInt64),
    changed_at    DateTime64(3, 'UTC'),
    revision      UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY (alert_id, rule, request_id)
TTL toDateTime(changed_at) + INTERVAL {{retention_days}} DAY
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS alert_sums_mv {{on_cluster}} TO alert_sums AS
SELECT alert_id, rule, request_id, status, outstanding, failed_codes, failed_counts, changed_at, revision
FROM alert_members;

CREATE TABLE IF NOT EXISTS alerts {{on_cluster}}
(
    alert_id         String,
    rule             LowCardinality(String),
    instance         LowCardinality(String),
    object_name      LowCardinality(String),
    source           LowCardinality(String),
    status           LowCardinality(String) COMMENT 'firing, resolved, recovered',
    severity         LowCardinality(String),
    evidence         LowCardinality(String),
    reason           String,
    starts_at        DateTime64(3, 'UTC'),
    ends_at          Nullable(DateTime64(3, 'UTC')),
    changed_at       DateTime64(3, 'UTC'),
    requests         UInt64,
    sample           Array(String),
    outstanding      UInt64,
    failed_codes     Array(LowCardinality(String)) COMMENT 'sorted',
    failed_counts    Array(UInt64),
    acknowledged_at  Nullable(DateTime64(3, 'UTC')),
    acknowledged_by  String,
    notified_at      Nullable(DateTime64(3, 'UTC')),
    notified_count   UInt64,
    notified_status  LowCardinality(String) COMMENT 'what the hooks were last told; empty: nothing yet',
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
ORDER BY (alert_id, at, what, reason)
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
    revision    UInt64 COMMENT 'the highest row counts',
    INDEX by_alert alert_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY delivery_id
TTL toDateTime(created_at) + INTERVAL 30 DAY
SETTINGS index_granularity = 256;

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
ORDER BY silence_id
TTL toDateTime(until) + INTERVAL {{retention_days}} DAY;

CREATE TABLE IF NOT EXISTS sweep_cursors {{on_cluster}}
(
    name     String,
    at       DateTime64(3, 'UTC') COMMENT 'up to where it has been swept, on the axis of its sweep',
    revision UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY name;
