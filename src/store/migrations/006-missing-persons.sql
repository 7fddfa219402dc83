-- Missing persons: digests of link values and of persons, by digest and by request. The table that nobody has read goes.

DROP TABLE IF EXISTS {{table link_keys}} {{on_cluster}};

DROP TABLE IF EXISTS link_keys {{on_cluster}};

-- Digests are spread evenly: each one asked for reads a granule of every part. So granules are small, and parts few.
CREATE TABLE IF NOT EXISTS {{table link_digests}} {{on_cluster}}
(
    digest     String COMMENT 'HMAC-SHA-256 of the normalised value, made by the submitting side',
    role       Enum8('link' = 1, 'person' = 2) COMMENT 'link: an object waits for this person; person: it was sent',
    request_id String COMMENT 'as in facts: the submission id while no response named one',
    instance   LowCardinality(String),
    at         DateTime64(3, 'UTC') COMMENT 'of the submission',
    accepted   UInt8 COMMENT 'the submission saw that the upstream took it'
)
ENGINE = {{engine ReplacingMergeTree(accepted)}}
PARTITION BY toMonday(at)
ORDER BY (digest, role, request_id)
TTL toDateTime(at) + INTERVAL 8 DAY
SETTINGS index_granularity = 256, min_compress_block_size = 8192, max_compress_block_size = 16384;
-- distributed: link_digests by cityHash64(digest)

CREATE TABLE IF NOT EXISTS {{table link_digests_by_request}} {{on_cluster}}
(
    request_id String,
    digest     String,
    instance   LowCardinality(String),
    at         DateTime64(3, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toMonday(at)
ORDER BY (request_id, digest)
TTL toDateTime(at) + INTERVAL 8 DAY
SETTINGS index_granularity = 256, min_compress_block_size = 8192, max_compress_block_size = 16384;
-- distributed: link_digests_by_request by cityHash64(request_id)

CREATE MATERIALIZED VIEW IF NOT EXISTS link_digests_by_request_mv {{on_cluster}} TO {{table link_digests_by_request}} AS
SELECT request_id, digest, instance, at
FROM {{table link_digests}}
WHERE role = 'link';

-- Requests (not of custom objects) with a result that did nothing but fail: few. Only theirs may be accepted and yet not there.
CREATE TABLE IF NOT EXISTS {{table fruitless_requests}} {{on_cluster}}
(
    request_id String,
    at         DateTime64(3, 'UTC') COMMENT 'of the request: as long as its digests are kept, it is'
)
ENGINE = {{engine ReplacingMergeTree}}
PARTITION BY toDate(at)
ORDER BY request_id
TTL toDateTime(at) + INTERVAL 9 DAY
SETTINGS index_granularity = 256, ttl_only_drop_parts = 1;
-- distributed: fruitless_requests by cityHash64(request_id)

ALTER TABLE alerts {{on_cluster}}
    ADD COLUMN IF NOT EXISTS missing_persons String COMMENT 'JSON {count, of, sample, askedAt, windowEndsAt}; empty: not known';
