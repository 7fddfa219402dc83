-- The ledger: facts, the two other orders in which they are asked for, and what the fold needs besides them.

-- What is inserted: it keeps nothing, the views on it fill the tables below. Plain types: they are read fastest.
CREATE TABLE IF NOT EXISTS {{table incoming_facts}} {{on_cluster}}
(
    request_id     String COMMENT 'upstream request id, or the submission id while no response named one',
    fact_id        UInt64 COMMENT 'identity within the request, a hash of where the fact comes from',
    version        UInt8 COMMENT 'of the decoder: of rows with one identity the highest counts',
    kind           Enum8('submission' = 1, 'result' = 2, 'job' = 3),
    at             DateTime64(3, 'UTC') COMMENT 'when it happened',
    t0             DateTime64(3, 'UTC') COMMENT 'when the request began, as far as this fact knows',
    t0_rank        UInt8 COMMENT '1 requestTime, 2 Date of the response, 3 clock of the submitter, 4 time of the event',
    target         String,
    instance       String,
    object_type    String,
    object_name    String,
    priority       String,
    client_id      String,
    correlation_id String,
    request_source String,
    received       UInt32 COMMENT 'records: submitted, or received by the service',
    created        UInt32,
    updated        UInt32,
    failed_codes   Array(String) COMMENT 'sorted',
    failed_counts  Array(UInt32),
    http_status    UInt16 COMMENT '0: no response was received',
    responded_at   Nullable(DateTime64(3, 'UTC')),
    link_bearing   UInt8,
    job_rank       UInt8 COMMENT '1 Open, 2 UploadComplete, 3 InProgress, 4 JobComplete, 5 Failed, 6 Aborted; 0 no job',
    fact           String COMMENT 'all of it, as the table facts keeps it'
)
ENGINE = Null;
-- distributed: incoming_facts by cityHash64(request_id)

-- The truth. A fact is one text: a request is read in the time that one column takes; thirty take several times as long.
CREATE TABLE IF NOT EXISTS {{table facts}} {{on_cluster}}
(
    request_id  String,
    fact_id     UInt64,
    version     UInt8,
    fact        String COMMENT 'JSON array of all that the fact holds besides its identity, times in milliseconds' CODEC(ZSTD(1)),
    ingested_at DateTime('UTC') DEFAULT now() COMMENT 'no part of the content: for partitions and TTL only'
)
ENGINE = {{engine ReplacingMergeTree(version)}}
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (request_id, fact_id)
TTL ingested_at + INTERVAL {{retention_days}} DAY
SETTINGS index_granularity = 256, min_compress_block_size = 16384, max_compress_block_size = 32768;
-- distributed: facts by cityHash64(request_id)

CREATE MATERIALIZED VIEW IF NOT EXISTS facts_mv {{on_cluster}} TO {{table facts}} AS
SELECT request_id, fact_id, version, fact
FROM {{table incoming_facts}};

CREATE TABLE IF NOT EXISTS {{table facts_by_time}} {{on_cluster}}
(
    minute         DateTime('UTC') COMMENT 'of t0: all facts of a request lie close together on this axis',
    request_id     String CODEC(ZSTD(1)),
    fact_id        UInt64,
    version        UInt8,
    kind           Enum8('submission' = 1, 'result' = 2, 'job' = 3),
    at             DateTime64(3, 'UTC'),
    t0             DateTime64(3, 'UTC'),
    t0_rank        UInt8,
    target         LowCardinality(String),
    instance       LowCardinality(String),
    object_type    LowCardinality(String),
    object_name    LowCardinality(String),
    priority       LowCardinality(String),
    client_id      LowCardinality(String),
    correlation_id String,
    request_source LowCardinality(String),
    received       UInt32,
    created        UInt32,
    updated        UInt32,
    failed_codes   Array(LowCardinality(String)),
    failed_counts  Array(UInt32),
    http_status    UInt16,
    responded_at   Nullable(DateTime64(3, 'UTC')),
    link_bearing   UInt8,
    job_rank       UInt8 COMMENT '1 Open, 2 UploadComplete, 3 InProgress, 4 JobComplete, 5 Failed, 6 Aborted; 0 no job',
    signs          UInt8 DEFAULT
        (kind = 'submission' AND http_status = 0) + 2 * (kind = 'submission' AND http_status NOT IN (0, 202))
        + 4 * notEmpty(failed_codes)
        + 8 * (notEmpty(failed_codes) AND created = 0 AND updated = 0)
        + 16 * (kind = 'job') + 32 * (job_rank = 6)
        + 64 * (kind = 'submission' AND target = 'salesforce')
        COMMENT 'what a list finds rare states by: 1 unanswered, 2 refused, 4 failures, 8 nothing but failures, 16 of a job, 32 an aborted one, 64 sent to Salesforce',
    INDEX signs_index signs TYPE set(0) GRANULARITY 1
)
ENGINE = {{engine ReplacingMergeTree(version)}}
PARTITION BY toDate(minute)
ORDER BY (minute, request_id, fact_id)
TTL minute + INTERVAL {{retention_days}} DAY;
-- distributed: facts_by_time by cityHash64(request_id)

CREATE MATERIALIZED VIEW IF NOT EXISTS facts_by_time_mv {{on_cluster}} TO {{table facts_by_time}} AS
SELECT
    toStartOfMinute(t0) AS minute, request_id, fact_id, version, kind, at, t0, t0_rank, target, instance,
    object_type, object_name, priority, client_id, correlation_id, request_source, received, created, updated,
    failed_codes, failed_counts, http_status, responded_at, link_bearing, job_rank
FROM {{table incoming_facts}};

CREATE TABLE IF NOT EXISTS {{table requests_by_correlation}} {{on_cluster}}
(
    correlation_id String,
    request_id     String CODEC(ZSTD(1)),
    kind           Enum8('submission' = 1, 'result' = 2, 'job' = 3),
    unanswered     UInt8 COMMENT 'a submission that never saw its response',
    t0             DateTime64(3, 'UTC') COMMENT 'as far as one fact knows: a merge must keep each, or adoption finds one and not the other',
    object_type    LowCardinality(String),
    ingested_at    DateTime('UTC') DEFAULT now()
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (correlation_id, request_id, kind, unanswered, t0, object_type)
TTL ingested_at + INTERVAL {{retention_days}} DAY
SETTINGS index_granularity = 1024;
-- distributed: requests_by_correlation by cityHash64(correlation_id)

CREATE MATERIALIZED VIEW IF NOT EXISTS requests_by_correlation_mv {{on_cluster}} TO {{table requests_by_correlation}} AS
SELECT
    correlation_id, request_id, kind, kind = 'submission' AND http_status = 0 AS unanswered, t0, object_type
FROM {{table incoming_facts}}
WHERE correlation_id != '';

-- Few, so that asking whether a request may be one of them costs little.
CREATE TABLE IF NOT EXISTS {{table unanswered_submissions}} {{on_cluster}}
(
    correlation_id String,
    request_id     String COMMENT 'its own submission id',
    t0             DateTime64(3, 'UTC'),
    object_type    LowCardinality(String),
    ingested_at    DateTime('UTC') DEFAULT now()
)
ENGINE = {{engine ReplacingMergeTree}}
ORDER BY (correlation_id, request_id)
TTL ingested_at + INTERVAL {{retention_days}} DAY;
-- distributed: unanswered_submissions by cityHash64(correlation_id)

CREATE MATERIALIZED VIEW IF NOT EXISTS unanswered_submissions_mv {{on_cluster}} TO {{table unanswered_submissions}} AS
SELECT correlation_id, request_id, t0, object_type
FROM {{table incoming_facts}}
WHERE kind = 'submission' AND http_status = 0 AND correlation_id != '';

CREATE TABLE IF NOT EXISTS {{table link_keys}} {{on_cluster}}
(
    digest     String COMMENT 'HMAC-SHA-256 of the normalised value, made by the submitting side',
    role       Enum8('link' = 1, 'person' = 2),
    request_id String,
    at         DateTime64(3, 'UTC'),
    instance   LowCardinality(String)
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toDate(at)
ORDER BY (digest, role, request_id)
TTL toDateTime(at) + INTERVAL 8 DAY;
-- distributed: link_keys by cityHash64(digest)

CREATE TABLE IF NOT EXISTS fold_settings {{on_cluster}}
(
    instance             String COMMENT 'empty: every instance that has no row of its own',
    policy               LowCardinality(String),
    retry_after_ms       Array(Int64),
    link_window_ms       Int64,
    grace_ms             Int64,
    adoption_window_ms   Int64,
    link_codes           Array(String),
    transient_codes      Array(String),
    saved_at             DateTime64(3, 'UTC')
)
ENGINE = {{everywhere ReplacingMergeTree(saved_at)}}
ORDER BY instance;
