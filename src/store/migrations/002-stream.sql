-- The stream as it came: raw events for a newer decoder, what it says of itself, where reading stands, what was unreadable.

CREATE TABLE IF NOT EXISTS {{table events}} {{on_cluster}}
(
    event_id    String,
    type        LowCardinality(String),
    time        DateTime64(3, 'UTC'),
    instance    LowCardinality(String),
    body        String COMMENT 'JSON as it came; empty when raw bodies are off' CODEC(ZSTD(3)),
    path        String COMMENT 'on which it came first, as far as the process knew that stored it',
    source      String COMMENT 'the name of the source on that path',
    ingested_at DateTime('UTC') DEFAULT now()
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toDate(ingested_at)
ORDER BY event_id
TTL ingested_at + INTERVAL {{raw_retention_days}} DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1;
-- distributed: events by cityHash64(event_id)

-- Which source has brought which event, and when it first did: what one has and another has not was lost on its way.
CREATE TABLE IF NOT EXISTS {{table sightings}} {{on_cluster}}
(
    event_id String EPHEMERAL,
    minute   DateTime('UTC') COMMENT 'of the time of the event',
    event    UInt64 DEFAULT cityHash64(event_id),
    path     LowCardinality(String),
    source   LowCardinality(String),
    seen_at  SimpleAggregateFunction(min, DateTime64(3, 'UTC')) DEFAULT now64(3, 'UTC') COMMENT 'by the clock of ClickHouse'
)
ENGINE = {{engine AggregatingMergeTree}}
PARTITION BY toDate(minute)
ORDER BY (minute, event, path, source)
TTL minute + INTERVAL 2 DAY
SETTINGS ttl_only_drop_parts = 1;
-- distributed: sightings by event

CREATE MATERIALIZED VIEW IF NOT EXISTS sightings_mv {{on_cluster}} TO {{table sightings}} AS
SELECT toStartOfMinute(time) AS minute, cityHash64(event_id) AS event, path, source, now64(3, 'UTC') AS seen_at
FROM {{table events}};

CREATE TABLE IF NOT EXISTS {{table stream_metrics}} {{on_cluster}}
(
    event_id      String,
    instance      LowCardinality(String),
    window_start  DateTime64(3, 'UTC'),
    window_end    DateTime64(3, 'UTC'),
    object_type   LowCardinality(String) COMMENT 'empty: requests instead of records',
    priority      LowCardinality(String),
    received      UInt32,
    created       UInt32 COMMENT 'of requests: processed',
    updated       UInt32,
    failed_codes  Array(LowCardinality(String)) COMMENT 'of requests: codes of rejection',
    failed_counts Array(UInt32)
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toYYYYMM(window_start)
ORDER BY (instance, window_start, event_id, object_type, priority)
TTL toDateTime(window_start) + INTERVAL {{retention_days}} DAY;
-- distributed: stream_metrics by cityHash64(instance)

CREATE TABLE IF NOT EXISTS {{table stream_status}} {{on_cluster}}
(
    event_id        String,
    instance        LowCardinality(String),
    at              DateTime64(3, 'UTC'),
    quota           Nullable(Int64) COMMENT 'records left of the daily quota',
    priority        LowCardinality(String) COMMENT 'of the queue',
    lag_seconds     UInt32,
    request_backlog UInt32,
    record_backlog  UInt32
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toYYYYMM(at)
ORDER BY (instance, priority, at, event_id)
TTL toDateTime(at) + INTERVAL {{retention_days}} DAY;
-- distributed: stream_status by cityHash64(instance)

CREATE TABLE IF NOT EXISTS cursors {{on_cluster}}
(
    source        String,
    next          String COMMENT 'URL of the next page, as the Link header gave it',
    saved_at      DateTime64(3, 'UTC'),
    last_event_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = {{everywhere ReplacingMergeTree(saved_at)}}
ORDER BY source;

CREATE TABLE IF NOT EXISTS coverage {{on_cluster}}
(
    source     String,
    gap_from   DateTime64(3, 'UTC'),
    gap_until  DateTime64(3, 'UTC'),
    reason     LowCardinality(String)
)
ENGINE = {{everywhere ReplacingMergeTree}}
ORDER BY (source, gap_from, reason)
TTL toDateTime(gap_until) + INTERVAL {{retention_days}} DAY;

CREATE TABLE IF NOT EXISTS {{table dead_letters}} {{on_cluster}}
(
    dead_letter_id String,
    at             DateTime64(3, 'UTC'),
    path           LowCardinality(String),
    source         LowCardinality(String),
    code           LowCardinality(String),
    reason         String,
    event_id       String,
    body           String CODEC(ZSTD(3)),
    encoding       LowCardinality(String) COMMENT 'utf-8, or base64 where the bytes are not UTF-8',
    discarded      UInt8,
    changed_at     DateTime64(3, 'UTC') COMMENT 'the newest row counts'
)
ENGINE = {{engine ReplacingMergeTree(changed_at)}}
ORDER BY dead_letter_id
TTL toDateTime(at) + INTERVAL {{retention_days}} DAY;
-- distributed: dead_letters by cityHash64(dead_letter_id)

CREATE TABLE IF NOT EXISTS api_keys {{on_cluster}}
(
    key_id     String,
    name       String,
    hash       String COMMENT 'SHA-256 of the secret part, hex; the key itself is shown once and kept nowhere',
    scopes     Array(LowCardinality(String)),
    created_at DateTime64(3, 'UTC'),
    revoked_at Nullable(DateTime64(3, 'UTC')),
    changed_at DateTime64(3, 'UTC')
)
ENGINE = {{everywhere ReplacingMergeTree(changed_at)}}
ORDER BY key_id;
