-- Which processes offer to run alerting: of several on one ClickHouse, one does.

CREATE TABLE IF NOT EXISTS alert_claims {{on_cluster}}
(
    holder     String COMMENT 'a process, by an id that it made for itself',
    claimed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'by the clock of ClickHouse: of those alive the first one leads',
    renewed_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'by the same clock',
    released   Bool COMMENT 'it has ended by itself',
    revision   UInt64 COMMENT 'the highest row counts'
)
ENGINE = {{everywhere ReplacingMergeTree(revision)}}
ORDER BY holder
TTL toDateTime(renewed_at) + INTERVAL 1 DAY;
