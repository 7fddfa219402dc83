-- Sources of processes that share this store, as each tells of its own every few seconds: any of them can then say how all
-- of the stream is read.

CREATE TABLE IF NOT EXISTS told_sources {{on_cluster}}
(
    holder        String COMMENT 'the process; another one after each start',
    name          String,
    path          LowCardinality(String),
    state         LowCardinality(String) COMMENT 'starting, reading, idle, retrying, stopped',
    last_read_at  Nullable(DateTime64(3, 'UTC')),
    last_event_at Nullable(DateTime64(3, 'UTC')),
    covered_until Nullable(DateTime64(3, 'UTC')),
    fault         String,
    told_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {{everywhere ReplacingMergeTree(told_at)}}
ORDER BY (holder, name)
TTL toDateTime(told_at) + INTERVAL 1 DAY;
