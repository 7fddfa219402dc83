-- What became of the requests that began in [since, until), counted by the minute: the fold, for charts of short ranges and for
-- the hourly roll-up. What settled before it began, by a wrong clock, counts as settled at once.
WITH
    arrayMap(from -> from * 1000, [-315360000, 10, 60, 300, 900, 2100, 3900, 21600]) AS bounds,
    arrayPushBack(arrayPopFront(bounds), 315360000000) AS ends
SELECT
    toStartOfMinute(l.t0) AS at, l.instance AS instance, l.target AS target, l.object_type AS object_type,
    l.object_name AS object_name, l.priority AS priority, l.state AS state,
    count() AS requests, sum(l.expected) AS expected, sum(l.created) AS created, sum(l.updated) AS updated,
    sum(l.outstanding) AS outstanding, sum(l.failed) AS failed, sum(l.superseded) AS superseded,
    sumMap(l.failed_by_code) AS failed_by_code,
    sumForEach(arrayMap((from, end) -> toUInt64(
        ifNull(toUnixTimestamp64Milli(l.settled_at) - toUnixTimestamp64Milli(l.t0), -1000000000000) AS took >= from AND took < end),
        bounds, ends)) AS settled_within,
    maxIf(l.deadline_at, NOT l.terminal AND l.deadline_at > {now:DateTime64(3, 'UTC')}) AS settles_at
FROM lifecycles(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, now = {now:DateTime64(3, 'UTC')}) AS l
GROUP BY at, instance, target, object_type, object_name, priority, state
