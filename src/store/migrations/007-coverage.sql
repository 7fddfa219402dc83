-- What was read of each journal, and what was read again.

-- A cursor says from when on its journal was read without a gap; what was read besides stands in covered_intervals.
ALTER TABLE cursors {{on_cluster}} ADD COLUMN IF NOT EXISTS covered_from Nullable(DateTime64(3, 'UTC'));

CREATE TABLE IF NOT EXISTS covered_intervals {{on_cluster}}
(
    source        String,
    covered_from  DateTime64(3, 'UTC'),
    covered_until DateTime64(3, 'UTC'),
    read_by       LowCardinality(String) COMMENT 'reading: as the journal went on; backfill: as asked for; repair: by itself',
    read_at       DateTime64(3, 'UTC') COMMENT 'when that was done: a gap is closed only by what was read after it began'
)
ENGINE = {{everywhere ReplacingMergeTree}}
ORDER BY (source, covered_from, covered_until, read_by, read_at)
TTL toDateTime(read_at) + INTERVAL {{retention_days}} DAY;

-- Readings of a journal from some time on, to find what is missing. The newest row of each counts.
CREATE TABLE IF NOT EXISTS repairs {{on_cluster}}
(
    repair_id  String,
    source     String,
    reason     LowCardinality(String) COMMENT 'asked, position_expired, records_missing, path_silent',
    state      LowCardinality(String) COMMENT 'waiting, running, done, failed',
    gap_from   DateTime64(3, 'UTC') COMMENT 'from when on it reads',
    gap_until  DateTime64(3, 'UTC') COMMENT 'where ends what is missing; of one that was asked for, when it was',
    started_at DateTime64(3, 'UTC'),
    ended_at   Nullable(DateTime64(3, 'UTC')),
    pages      UInt64,
    events     UInt64,
    fresh      UInt64,
    duplicate  UInt64,
    dead       UInt64,
    reached_at Nullable(DateTime64(3, 'UTC')) COMMENT 'time of the newest event read',
    fault      String,
    changed_at DateTime64(3, 'UTC')
)
ENGINE = {{everywhere ReplacingMergeTree(changed_at)}}
ORDER BY repair_id
TTL toDateTime(started_at) + INTERVAL 30 DAY;
