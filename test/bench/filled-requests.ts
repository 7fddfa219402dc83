/**
 * Generated requests as SQL: request `i` of a filled store, and what is to be known of it.
 *
 * Even requests were submitted and are in the stream, odd ones are in the stream only. A thousand neighbours make a
 * correlation. One in 50,000 was rejected, one in 50 failed in part, one in five was retried for its link field; one
 * correlation in 500 holds a submission that never saw its response.
 */

export const REQUESTS_PER_CORRELATION = 1_000;
export const REJECTED_EVERY = 50_000;
const UNANSWERED_EVERY = 500;
const DAY_MS = 24 * 3_600_000;

export interface FilledRequests {
  readonly requests: number;
  /** t0 of the first, epoch milliseconds. */
  readonly sinceMs: number;
  /** t0 of the last. */
  readonly untilMs: number;
}

/** A million a day, but three days at least; the last of them a minute ago. */
export function planRequests(requests: number, now: number): FilledRequests {
  const days = Math.max(3, requests / 1_000_000);
  const untilMs = now - 60_000;
  return { requests, sinceMs: untilMs - days * DAY_MS, untilMs };
}

export function isSubmitted(i: number): boolean {
  return i % 2 === 0;
}

export function correlationOf(i: number): string {
  return `job/${Math.floor(i / REQUESTS_PER_CORRELATION)}`;
}

/** Numbers of correlations in which a submission waits for its response. */
export function unansweredCorrelations({ requests }: FilledRequests): number[] {
  const count = Math.ceil(requests / REQUESTS_PER_CORRELATION / UNANSWERED_EVERY);
  return Array.from({ length: count }, (_, index) => index * UNANSWERED_EVERY);
}

/** The id of request `i`, where `i` is a UInt64 column. */
export const REQUEST_ID = "toString(UUIDNumToString(MD5(concat('request ', toString(i)))))";

/** Inserts requests [from, until). */
export function fillStatement(plan: FilledRequests, from: number, until: number): string {
  const stepMs = (plan.untilMs - plan.sinceMs) / plan.requests;
  return `
    INSERT INTO incoming_facts (
      request_id, fact_id, version, kind, at, t0, t0_rank, target, instance, object_type, object_name, operation,
      priority, client_id, correlation_id, request_source, received, created, updated, failed_codes, failed_counts,
      event_id, submission_id, bytes, responded_at, http_status, error_code, error_message, link_field, labels)
    WITH
      cityHash64(i) AS h,
      i % 2 = 0 AS submitted,
      i % ${REJECTED_EVERY} = 4 AS rejected,
      i % ${REQUESTS_PER_CORRELATION * UNANSWERED_EVERY} = 2 AS unanswered,
      i % 5 = 0 AS retried,
      i % 50 = 1 AS failed_in_part,
      toInt64(${plan.sinceMs} + i * ${stepMs}) AS t0_ms,
      t0_ms + 20000 + h % 30000 AS first_ms,
      part = 0 AS is_submission,
      multiIf(part = 0, t0_ms, part = 1, first_ms, t0_ms + 330000) AS at_ms,
      UUIDNumToString(MD5(concat('submission ', toString(i)))) AS submission
    SELECT
      if(unanswered, toString(submission), ${REQUEST_ID}), cityHash64(i, part), 1, if(is_submission, 'submission', 'result'),
      fromUnixTimestamp64Milli(at_ms, 'UTC'), fromUnixTimestamp64Milli(t0_ms, 'UTC'), if(is_submission, 2, 1),
      'marketo', concat('10', toString(h % 3), '-ABC-456'), if(retried, 'customObject', 'person'),
      if(retried, 'purchases', ''), 'upsert', if(h % 10 = 0, 'high', 'normal'),
      if(is_submission, '', 'sim-user@marketo.example'), concat('job/', toString(intDiv(i, ${REQUESTS_PER_CORRELATION}))),
      ['crm-sync', 'backfill', 'web'][1 + h % 3],
      100 AS received,
      multiIf(is_submission, 0, part = 2, 10, 40) AS created,
      multiIf(is_submission, 0, part = 2, 0, retried, 50, failed_in_part, 57, 60) AS updated,
      multiIf(is_submission, [], part = 2, [], retried, ['1004'], failed_in_part, ['1003'], []) AS codes,
      if(empty(codes), [], [toUInt32(if(retried, 10, 3))]),
      if(is_submission, '', toString(UUIDNumToString(MD5(concat('event ', toString(intDiv(i, 10)), toString(part)))))),
      if(is_submission, toString(submission), ''), if(is_submission, 20000 + h % 60000, 0),
      if(is_submission AND NOT unanswered, fromUnixTimestamp64Milli(t0_ms + 120, 'UTC'), NULL),
      multiIf(NOT is_submission OR unanswered, 0, rejected, 400, 202),
      multiIf(NOT is_submission, '', unanswered, 'ECONNRESET', rejected, '1003', ''), '',
      if(is_submission AND retried, 'email', ''), map()
    FROM (SELECT number AS i FROM numbers(${from}, ${until - from}))
    ARRAY JOIN [0, 1, 2] AS part
    WHERE (part != 0 OR submitted)
      AND (part = 0 OR NOT (rejected OR unanswered))
      AND (part != 2 OR retried)
      AND at_ms <= ${plan.untilMs + 60_000}
    SETTINGS async_insert = 0, optimize_on_insert = 0, parallel_view_processing = 1, max_partitions_per_insert_block = 0,
      max_threads = 2, max_insert_threads = 1, max_block_size = 65536`;
}
