-- The fold for sets of requests: one row a request that began in [since, until), as it stands at `now`.
--
-- The same states as src/core/lifecycle.ts computes for one request; a property test holds the two together.
-- Times inside are milliseconds of the epoch. A fact is a tuple:
--   1 fact_id  2 version  3 kind  4 at  5 t0  6 t0_rank  7 received  8 created  9 updated  10 failed_codes
--   11 failed_counts  12 http_status  13 responded_at  14 link_bearing  15 job_rank  16 target
-- Of a job the rank is 0 where the service knew it no longer: jobs are sorted by it, so that one comes first.
WITH
    in_range AS
    (
        SELECT * FROM facts_by_time
        WHERE minute >= toStartOfMinute({since:DateTime64(3, 'UTC')}) - INTERVAL 10 MINUTE
          AND minute <= toStartOfMinute({until:DateTime64(3, 'UTC')}) + INTERVAL 10 MINUTE
    ),
    -- One of the facts of a request says when it began; by checksums of ids, which let in a stranger at times, whose own
    -- beginning then keeps it out of the answer. Those that know it badly (ranks from 3 on) are taken as well: what has
    -- only such may begin when the submission did that it adopts.
    in_stretch AS
    (
        SELECT request_crc FROM facts_by_time
        WHERE minute >= toStartOfMinute({since:DateTime64(3, 'UTC')}) AND minute <= toStartOfMinute({until:DateTime64(3, 'UTC')})
          AND t0 >= {since:DateTime64(3, 'UTC')} AND t0 < {until:DateTime64(3, 'UTC')}
    ),
    -- Adoption: submissions without a response, and the stream's requests under the same correlation ids.
    candidates AS
    (
        SELECT
            request_id,
            max(correlation_id) AS correlation,
            if(maxIf(instance, kind = 'submission') != '', maxIf(instance, kind = 'submission'), max(instance)) AS of_instance,
            if(maxIf(object_type, kind = 'submission') != '', maxIf(object_type, kind = 'submission'), max(object_type)) AS of_type,
            countIf(kind = 'submission') > 0 AS submitted,
            countIf(kind != 'submission' OR http_status != 0) > 0 AS answered,
            countIf(kind = 'job') > 0 AS is_job,
            countIf(kind = 'result') > 0 AS has_result,
            arraySort(groupUniqArray((fact_id, version, received, created + updated + arraySum(failed_counts)))) AS versions,
            arrayFilter((f, following) -> f.1 != following, versions, arrayPushBack(arrayMap(f -> f.1, arrayPopFront(versions)), versions[-1].1 + 1)) AS counted,
            if(submitted, arrayMax(arrayMap(f -> f.3, counted)),
               if(arrayAll(f -> f.3 = f.4, counted), arraySum(arrayMap(f -> f.3, counted)), arrayMax(arrayMap(f -> f.3, counted)))) AS expects,
            min((t0_rank, toUnixTimestamp64Milli(t0))) AS beginning
        FROM in_range
        WHERE request_id IN
        (
            SELECT request_id FROM in_range WHERE correlation_id IN
            (
                SELECT correlation_id FROM in_range
                WHERE kind = 'submission' AND http_status = 0 AND correlation_id != ''
            )
        )
        GROUP BY request_id
    ),
    -- What could be one lies in one group; only a match without a rival on either side is taken.
    groups AS
    (
        SELECT
            of_instance,
            groupArrayIf((request_id, beginning.2), submitted) AS sent,
            groupArrayIf((request_id, beginning.2, beginning.1), NOT submitted) AS shown
        FROM candidates
        WHERE NOT is_job AND if(submitted, NOT answered, has_result)
        GROUP BY correlation, of_instance, of_type, expects
    ),
    fitting AS
    (
        SELECT
            sent,
            if(own.adoption_window_ms > 0, own.adoption_window_ms,
                (SELECT any(adoption_window_ms) FROM fold_settings FINAL WHERE instance = '')) AS within,
            arrayMap(s -> (s.1, arrayFilter(r -> abs(r.2 - s.2) <= within, shown)), sent) AS matches
        FROM groups
        LEFT JOIN (SELECT instance, adoption_window_ms FROM fold_settings FINAL) AS own ON own.instance = of_instance
    ),
    adoptions AS
    (
        SELECT m.1 AS submission, m.2[1].1 AS request, m.2[1].2 AS request_began, m.2[1].3 AS request_rank
        FROM fitting
        ARRAY JOIN arrayFilter(x -> length(x.2) = 1 AND arrayCount(s -> abs(s.2 - x.2[1].2) <= within, sent) = 1, matches) AS m
    ),
    filed AS
    (
        SELECT *, request_id AS filed_under FROM in_range
        WHERE NOT (kind = 'submission' AND http_status = 0)
          AND (t0_rank >= 3 OR request_crc IN (SELECT request_crc FROM in_stretch))
        UNION ALL
        SELECT f.*, if(a.request != '', a.request, f.request_id) AS filed_under
        FROM (SELECT * FROM in_range WHERE kind = 'submission' AND http_status = 0) AS f
        LEFT JOIN adoptions AS a ON a.submission = f.request_id
        WHERE a.request = '' OR a.request_rank >= 3
           OR (a.request_began >= toUnixTimestamp64Milli({since:DateTime64(3, 'UTC')}) AND a.request_began < toUnixTimestamp64Milli({until:DateTime64(3, 'UTC')}))
    ),
    -- One row a request. One state for all names: a string of its own for each takes twice the memory and three times as long.
    gathered AS
    (
        SELECT
            filed_under AS request_id,
            groupArray((fact_id, version, toUInt8(kind), toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(t0),
                t0_rank, received, created, updated, failed_codes, failed_counts, http_status,
                ifNull(toUnixTimestamp64Milli(responded_at), toUnixTimestamp64Milli(at)), link_bearing, job_rank,
                target = 'salesforce')) AS stored,
            groupArray((kind = 'submission', instance, object_type, object_name, priority, correlation_id, request_source, target, client_id)) AS names
        FROM filed
        GROUP BY filed_under
    ),
    -- Its distinct facts, each in its last version, and its names: those that the submitting side gave come first.
    distinct_facts AS
    (
        SELECT
            request_id,
            arraySort(stored) AS versions,
            arrayFilter((f, following) -> f.1 != following, versions, arrayPushBack(arrayMap(f -> f.1, arrayPopFront(versions)), versions[-1].1 + 1)) AS facts,
            if(arrayReduce('maxIf', names.2, names.1) != '', arrayReduce('maxIf', names.2, names.1), arrayReduce('max', names.2)) AS instance,
            if(arrayReduce('maxIf', names.3, names.1) != '', arrayReduce('maxIf', names.3, names.1), arrayReduce('max', names.3)) AS object_type,
            if(arrayReduce('maxIf', names.4, names.1) != '', arrayReduce('maxIf', names.4, names.1), arrayReduce('max', names.4)) AS object_name,
            if(arrayReduce('maxIf', names.5, names.1) != '', arrayReduce('maxIf', names.5, names.1), arrayReduce('max', names.5)) AS priority,
            if(arrayReduce('maxIf', names.6, names.1) != '', arrayReduce('maxIf', names.6, names.1), arrayReduce('max', names.6)) AS correlation_id,
            if(arrayReduce('maxIf', names.7, names.1) != '', arrayReduce('maxIf', names.7, names.1), arrayReduce('max', names.7)) AS request_source,
            arrayReduce('max', names.8) AS target,
            arrayReduce('max', names.9) AS client_id
        FROM gathered
    ),
    lags AS
    (
        SELECT instance AS lag_instance, priority AS lag_priority, argMax(lag_seconds, (at, event_id)) * 1000 AS lag_ms
        FROM stream_status
        WHERE at <= {now:DateTime64(3, 'UTC')} AND at > {now:DateTime64(3, 'UTC')} - INTERVAL 2 HOUR
        GROUP BY instance, priority
    ),
    known AS
    (
        SELECT
            g.*,
            toUnixTimestamp64Milli({now:DateTime64(3, 'UTC')}) AS now_ms,
            if(notEmpty(own.retry_after_ms), (own.retry_after_ms, own.link_window_ms, own.grace_ms, own.link_codes, own.transient_codes),
                (SELECT any((retry_after_ms, link_window_ms, grace_ms, link_codes, transient_codes)) FROM fold_settings FINAL WHERE instance = '')) AS settings,
            settings.1 AS retries,
            settings.4 AS link_codes,
            settings.5 AS transient_codes,
            lags.lag_ms AS lag_ms
        FROM distinct_facts AS g
        LEFT JOIN (SELECT instance AS own_instance, * EXCEPT instance FROM fold_settings FINAL) AS own ON own.own_instance = g.instance
        LEFT JOIN lags ON lags.lag_instance = g.instance AND lags.lag_priority = g.priority
    ),
    -- Level upon level, each from columns of the one before: within one level the planner would expand every alias.
    sorted AS
    (
        SELECT
            * EXCEPT (versions, facts),
            arrayMin(arrayMap(f -> (f.6, f.5), facts)).2 AS began,
            arrayFilter(f -> f.3 = 1, facts) AS submissions,
            arraySort(f -> (f.4, f.1), arrayFilter(f -> f.3 = 2, facts)) AS results,
            arraySort(f -> (f.15, f.4), arrayFilter(f -> f.3 = 3, facts)) AS jobs
        FROM known
    ),
    summed AS
    (
        SELECT
            *,
            arrayExists(f -> f.12 != 0, submissions) AS has_response,
            arrayFilter(f -> f.12 = 202 OR (f.16 AND f.12 >= 200 AND f.12 < 300), submissions) AS taken_in,
            notEmpty(taken_in) AS was_accepted,
            notEmpty(jobs) AS is_job,
            if(is_job, jobs[-1].15, 0) AS job_rank,
            if(is_job, if(jobs[1].15 = 0, job_rank < 4, 0), 0) AS job_gone,
            toInt64(arraySum(f -> f.7, taken_in)) AS uploaded,
            toInt64(arraySum(f -> f.8, results)) AS created,
            toInt64(arraySum(f -> f.9, results)) AS updated,
            toInt64(arraySum(f -> arraySum(f.11), results)) AS reported,
            toInt64(if(notEmpty(submissions), arrayMax(f -> f.7, submissions), 0)) AS submitted,
            toInt64(if(notEmpty(results), arrayMax(f -> f.7, results), 0)) AS most_received,
            toInt64(arraySum(f -> f.7, results)) AS all_received,
            arrayAll(f -> f.8 + f.9 + arraySum(f.11) = f.7, results) AS complete,
            arrayMap(f -> arrayCount(after -> after <= f.4 - began, retries), results) AS attempts
        FROM sorted
    ),
    expecting AS
    (
        SELECT
            *,
            multiIf(
                is_job, greatest(uploaded, created + updated + reported),
                notEmpty(submissions), submitted,
                complete, all_received,
                most_received) AS expected,
            greatest(0, created + updated + reported - expected) AS too_many,
            arrayMax(arrayPushBack(attempts, 0)) AS last_attempt
        FROM summed
    ),
    -- Failures in the order in which they happened: code, count, whether a later attempt may have made it good.
    listed AS
    (
        SELECT
            *,
            arrayFlatten(arrayMap((f, attempt) -> arrayMap((code, n) -> (toString(code), toInt64(n),
                attempt < last_attempt AND (has(link_codes, code) OR has(transient_codes, code))), f.10, f.11), results, attempts)) AS failures
        FROM expecting
    ),
    offered AS
    (
        SELECT *, arrayMap(x -> if(x.3, x.2, 0), failures) AS retriable, arrayCumSum(retriable) AS upto
        FROM listed
    ),
    taken AS
    (
        SELECT *, arrayMap((n, sum) -> greatest(0, least(n, too_many - (sum - n))), retriable, upto) AS taken_back
        FROM offered
    ),
    standing AS
    (
        SELECT
            *,
            arrayReduce('sumMap', arrayMap(x -> [x.1], failures), arrayMap((x, back) -> [x.2 - back], failures, taken_back)) AS failed_sums,
            toInt64(arraySum(taken_back)) AS superseded_total,
            reported - superseded_total AS failed_total,
            arraySum((x, back) -> if(has(link_codes, x.1), x.2 - back, 0), failures, taken_back) AS link_failed,
            arrayExists(f -> f.14, submissions) OR arrayExists(x -> has(link_codes, x.1), failures) AS link_bearing
        FROM taken
    ),
    counted AS
    (
        SELECT
            *,
            -- of a job that has ended, and of what no upstream can tell of, nothing is awaited
            multiIf(
                job_rank >= 4, 0,
                if(is_job, 0, if(target = 'salesforce', if(empty(results), was_accepted, 0), 0)), 0,
                greatest(0, expected - created - updated - failed_total)) AS outstanding,
            began + settings.2 AS window_ends,
            if(empty(retries), 0, retries[-1]) AS last_retry,
            began + if(link_bearing, settings.2, last_retry) + settings.3 + lag_ms AS deadline,
            if(empty(results), 0, results[-1].4) AS last_result,
            notEmpty(results) AS has_result,
            if(has_result, if(notEmpty(submissions), NOT has_response, 0), 0) AS adopted,
            multiIf(
                now_ms >= deadline, if(link_bearing, 'exhausted', 'overdue'),
                if(link_failed > 0, 1, now_ms >= began + if(empty(retries), 0, retries[1])), 'retrying',
                has_result, 'processing',
                'accepted') AS open_state
        FROM standing
    ),
    judged AS
    (
        SELECT
            *,
            -- what is known, best first; 0 and 1 in place of AND chains, which the planner takes long to think over
            multiIf(
                job_gone, 'overdue',
                job_rank = 4, multiIf(failed_total = 0, 'succeeded', if(uploaded > 0, failed_total >= uploaded, 0), 'failed', 'partially_failed'),
                is_job, ['accepted', 'processing', 'processing', 'succeeded', 'failed', 'aborted'][job_rank],
                has_result, if(link_failed > 0,
                    if(now_ms >= window_ends, 'exhausted', if(outstanding = 0, 'retrying', open_state)),
                    if(outstanding > 0, open_state, multiIf(failed_total = 0, 'succeeded', created + updated = 0, 'failed', 'partially_failed'))),
                empty(submissions), open_state,
                NOT has_response, 'unconfirmed',
                NOT was_accepted, 'rejected',
                target = 'salesforce', 'accepted',
                open_state) AS state
        FROM counted
    )
SELECT
    request_id, correlation_id, request_source, target, instance, object_type, object_name, priority, client_id,
    state,
    multiIf(
        adopted, 'inferred',
        state = 'overdue', 'inferred',
        state = 'exhausted', if(link_failed = 0, 'inferred', 'observed'),
        state = 'retrying', if(superseded_total = 0, 'inferred', 'observed'),
        'observed') AS evidence,
    state NOT IN ('unconfirmed', 'accepted', 'processing', 'retrying') AS terminal,
    link_bearing,
    adopted,
    toUInt64(expected) AS expected, toUInt64(created) AS created, toUInt64(updated) AS updated,
    toUInt64(outstanding) AS outstanding,
    toUInt64(failed_total) AS failed,
    toUInt64(superseded_total) AS superseded,
    CAST((failed_sums.1, failed_sums.2), 'Map(String, UInt64)') AS failed_by_code,
    fromUnixTimestamp64Milli(began, 'UTC') AS t0,
    fromUnixTimestamp64Milli(window_ends, 'UTC') AS window_ends_at,
    fromUnixTimestamp64Milli(deadline, 'UTC') AS deadline_at,
    if(empty(results), NULL, fromUnixTimestamp64Milli(results[1].4, 'UTC')) AS first_result_at,
    if(empty(results), NULL, fromUnixTimestamp64Milli(last_result, 'UTC')) AS last_result_at,
    multiIf(
        NOT terminal, NULL,
        job_gone, fromUnixTimestamp64Milli(jobs[1].4, 'UTC'),
        is_job, fromUnixTimestamp64Milli(arrayFirst(f -> f.15 = job_rank, jobs).4, 'UTC'),
        state = 'rejected', fromUnixTimestamp64Milli(arrayMin(arrayMap(f -> f.13, arrayFilter(f -> f.12 != 0, submissions))), 'UTC'),
        if(state = 'exhausted', link_failed > 0, 0), fromUnixTimestamp64Milli(greatest(last_result, window_ends), 'UTC'),
        state IN ('exhausted', 'overdue'), fromUnixTimestamp64Milli(deadline, 'UTC'),
        fromUnixTimestamp64Milli(last_result, 'UTC')) AS settled_at
FROM judged
WHERE t0 >= {since:DateTime64(3, 'UTC')} AND t0 < {until:DateTime64(3, 'UTC')}
-- By an index on so many ids takes longer than to read all.
SETTINGS optimize_and_compare_chain = 0, use_index_for_in_with_subqueries = 0
