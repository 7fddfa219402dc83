-- The hourly roll-up, for long ranges: what began in an hour, as the fold saw it. An hour is one row, replaced as a whole:
-- nothing of an earlier count is left over, whatever arrived twice, late, or under another name.

CREATE TABLE IF NOT EXISTS hourly_rows {{on_cluster}}
(
    hour       DateTime('UTC') COMMENT 'in which the requests began',
    rolled_at  DateTime64(3, 'UTC') COMMENT 'by the clock of ClickHouse, before the facts were read; the newest row counts',
    settles_at DateTime64(3, 'UTC') COMMENT 'when the clock alone will have changed the last state that it can, seen from when this was judged; 1970: it cannot',
    fold       UInt64 COMMENT 'a hash of the settings and of the view by which it was judged: when they change, all is judged anew',
    groups     Array(Tuple(
        instance LowCardinality(String), target LowCardinality(String), object_type LowCardinality(String),
        object_name LowCardinality(String), priority LowCardinality(String), state LowCardinality(String),
        requests UInt64, expected UInt64, created UInt64, updated UInt64, outstanding UInt64, failed UInt64, superseded UInt64,
        failed_by_code Map(String, UInt64), settled_within Array(UInt64)))
        COMMENT 'settled_within: requests settled in up to 10 s, 1 min, 5 min, 15 min, 35 min, 65 min, 6 h, and longer'
)
ENGINE = {{everywhere ReplacingMergeTree(rolled_at)}}
ORDER BY hour
TTL hour + INTERVAL {{retention_days}} DAY;
