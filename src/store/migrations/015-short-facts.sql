-- What facts are read by in stretches of time: each column of each part costs a read of its own, however few its rows.

ALTER TABLE {{table facts_by_time}} {{on_cluster}}
    ADD COLUMN IF NOT EXISTS request_crc UInt32 DEFAULT CRC32(request_id)
        COMMENT 'finds the facts of many requests without reading their ids' CODEC(NONE),
    ADD COLUMN IF NOT EXISTS traits LowCardinality(String) DEFAULT toJSONString([
        toString(kind), toString(version), toString(t0_rank), toString(target), toString(instance), toString(object_type),
        toString(object_name), toString(priority), toString(client_id), toString(request_source), toString(http_status),
        toString(link_bearing)])
        COMMENT 'in one column what many facts have in common, in the order of the expression';
-- distributed: alter facts_by_time
