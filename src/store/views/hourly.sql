-- The hourly roll-up as flat rows: one an hour, instance, target, object, priority and state.
SELECT
    hour,
    g.instance AS instance, g.target AS target, g.object_type AS object_type, g.object_name AS object_name,
    g.priority AS priority, g.state AS state,
    g.requests AS requests, g.expected AS expected, g.created AS created, g.updated AS updated,
    g.outstanding AS outstanding, g.failed AS failed, g.superseded AS superseded,
    g.failed_by_code AS failed_by_code, g.settled_within AS settled_within
FROM hourly_rows FINAL
ARRAY JOIN groups AS g
