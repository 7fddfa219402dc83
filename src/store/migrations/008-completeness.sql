-- What the stream states of itself by windows, against what of it has arrived: judged again until nothing is missing.

CREATE TABLE IF NOT EXISTS {{table completeness}} {{on_cluster}}
(
    instance     LowCardinality(String),
    window_start DateTime64(3, 'UTC'),
    window_end   DateTime64(3, 'UTC'),
    object_type  LowCardinality(String),
    priority     LowCardinality(String),
    stated       UInt64 COMMENT 'records created, updated or failed, by the metrics event',
    seen         UInt64 COMMENT 'the same by results events of that time',
    missing      UInt64 COMMENT 'stated, and neither seen nor a surplus near the edge of a neighbour',
    judged_at    DateTime64(3, 'UTC') COMMENT 'the newest row counts'
)
ENGINE = {{engine ReplacingMergeTree(judged_at)}}
PARTITION BY toYYYYMM(window_start)
ORDER BY (instance, window_start, object_type, priority)
TTL toDateTime(window_start) + INTERVAL {{retention_days}} DAY;
-- distributed: completeness by cityHash64(instance)
