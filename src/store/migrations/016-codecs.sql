-- Ids of random digits shrink to half of their length by ZSTD and not at all by LZ4; times and counts lose the bits that their
-- neighbours do not use by T64. A lookup by id takes the same time.

ALTER TABLE {{table facts}} {{on_cluster}}
    MODIFY COLUMN request_id CODEC(ZSTD(1)),
    MODIFY COLUMN ingested_at CODEC(T64);

ALTER TABLE {{table facts_by_time}} {{on_cluster}}
    MODIFY COLUMN at CODEC(T64),
    MODIFY COLUMN t0 CODEC(T64),
    MODIFY COLUMN correlation_id CODEC(ZSTD(1)),
    MODIFY COLUMN created CODEC(T64),
    MODIFY COLUMN updated CODEC(T64);

ALTER TABLE {{table requests_by_correlation}} {{on_cluster}}
    MODIFY COLUMN t0 CODEC(T64, ZSTD(1));

ALTER TABLE {{table arrivals}} {{on_cluster}}
    MODIFY COLUMN t0 CODEC(T64);

ALTER TABLE {{table events}} {{on_cluster}}
    MODIFY COLUMN event_id CODEC(ZSTD(1)),
    MODIFY COLUMN time CODEC(T64),
    MODIFY COLUMN ingested_at CODEC(T64);
