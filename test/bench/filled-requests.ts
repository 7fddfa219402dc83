/**
 * Generated requests as SQL: request `i` of a filled store, and what is to be known of it.
 *
 * Three days of traffic, in layers: a store grows by requests that spread over the same days, so that a larger store is
 * one of more traffic. Even requests were submitted and are in the stream, odd ones are in the stream only. A thousand
 * neighbours make a correlation. One in 50,000 was rejected, one in 50 failed in part, one in five was retried for its
 * link field; one correlation in 500 holds a submission that never saw its response.
 */

export const REQUESTS_PER_CORRELATION = 1_000;
const REJECTED_EVERY = 50_000;
const UNANSWERED_EVERY = 500;
/** Of a submission half, a result, and a second one of the fifth that was retried. */
const FACTS_PER_REQUEST = 1.7;
const DAYS = 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RETRIED_AFTER_MS = 330_000;

/** After the beginning of the days: time that benchmarks only read, and where they may add what is then found by sweeps. */
export const FOR_VIEWS = { sinceMs: HOUR_MS, untilMs: 13 * HOUR_MS };
export const FOR_BURSTS = { sinceMs: 15 * HOUR_MS, untilMs: 29 * HOUR_MS };
export const FOR_SWEEPS = { sinceMs: 30 * HOUR_MS, untilMs: 66 * HOUR_MS };

/** Requests [from, until), evenly spread over the days. */
export interface Layer {
  readonly from: number;
  readonly until: number;
}

export interface FilledRequests {
  readonly layers: readonly Layer[];
  /** t0 of the first of each layer, epoch milliseconds. */
  readonly sinceMs: number;
  /** None begins later. */
  readonly untilMs: number;
}

/** Nothing yet; the last request is to begin a minute before `now`. */
export function planRequests(now: number): FilledRequests {
  const untilMs = now - 60_000;
  return { layers: [], sinceMs: untilMs - DAYS * DAY_MS, untilMs };
}

/** With one more layer, so that about so many facts are there. */
export function planGrowth(plan: FilledRequests, facts: number): FilledRequests {
  const from = requestsOf(plan);
  const until = Math.round(facts / FACTS_PER_REQUEST / REQUESTS_PER_CORRELATION) * REQUESTS_PER_CORRELATION;
  if (until <= from) throw new RangeError(`a store of ${from} requests does not grow to ${until}`);
  return { ...plan, layers: [...plan.layers, { from, until }] };
}

export function requestsOf({ layers }: FilledRequests): number {
  return layers.at(-1)?.until ?? 0;
}

/** Requests that begin within so long, any time of the days. */
export function requestsWithin(plan: FilledRequests, ms: number): number {
  return (requestsOf(plan) * ms) / (plan.untilMs - plan.sinceMs);
}

export function requestsPerDay(plan: FilledRequests): number {
  return requestsWithin(plan, DAY_MS);
}

export function rejectedOf(plan: FilledRequests): number {
  return Math.ceil((requestsOf(plan) - 4) / REJECTED_EVERY);
}

/** The facts of all requests, and those of the newest that may not have happened yet. */
export function factsOf(plan: FilledRequests): { atLeast: number; atMost: number } {
  const requests = requestsOf(plan);
  const unanswered = Math.ceil((requests - 2) / (REQUESTS_PER_CORRELATION * UNANSWERED_EVERY));
  const atMost = requests * FACTS_PER_REQUEST - rejectedOf(plan) - unanswered;
  return { atLeast: atMost - requestsWithin(plan, RETRIED_AFTER_MS) - plan.layers.length, atMost };
}

export function isSubmitted(i: number): boolean {
  return i % 2 === 0;
}

export function correlationOf(i: number): string {
  return `job/${Math.floor(i / REQUESTS_PER_CORRELATION)}`;
}

/** Records of request `i` that were created or updated, of 100; it is neither rejected nor without response. */
export function doneOf(i: number): number {
  return i % 50 === 1 && i % 5 !== 0 ? 97 : 100;
}

/** Neither rejected, nor without response, nor of the last minutes, of which not everything is there. */
export function isPlain(plan: FilledRequests, i: number): boolean {
  const layer = plan.layers.find(({ from, until }) => i >= from && i < until);
  if (layer === undefined || i - layer.from > 0.99 * (layer.until - layer.from)) return false;
  return i % REJECTED_EVERY !== 4 && i % REQUESTS_PER_CORRELATION !== 2;
}

/** Numbers of correlations in which a submission waits for its response. */
export function unansweredCorrelations(plan: FilledRequests): number[] {
  const count = Math.ceil(requestsOf(plan) / REQUESTS_PER_CORRELATION / UNANSWERED_EVERY);
  return Array.from({ length: count }, (_, index) => index * UNANSWERED_EVERY);
}

/** The id of request `i`, where `i` is a UInt64 column. */
export const REQUEST_ID = "toString(UUIDNumToString(sipHash128(i, 'request')))";
const EVENT_HASH = "sipHash128(intDiv(i, 10), part, 'event')";

const SETTINGS = `SETTINGS async_insert = 0, optimize_on_insert = 0, max_partitions_per_insert_block = 0, max_threads = 2,
  max_insert_threads = 2, parallel_view_processing = 1, min_insert_block_size_rows = 1000000,
  min_insert_block_size_bytes = 0, max_memory_usage = 8000000000, max_execution_time = 0`;

/** Inserts a part of a layer: facts, into all that hangs on `incoming_facts`. */
export function factsStatement(plan: FilledRequests, layer: Layer, { from, until }: Layer): string {
  return `
    INSERT INTO incoming_facts (
      request_id, fact_id, version, kind, at, t0, t0_rank, target, instance, object_type, object_name, priority, client_id,
      correlation_id, request_source, received, created, updated, failed_codes, failed_counts, http_status, responded_at,
      link_bearing, fact)
    WITH
      part = 0 AS is_submission,
      i % ${REQUESTS_PER_CORRELATION * UNANSWERED_EVERY} = 2 AS unanswered,
      i % ${REJECTED_EVERY} = 4 AS rejected,
      i % 5 = 0 AS retried,
      i % 50 = 1 AS failed_in_part,
      ${timesOf(plan, layer)},
      toString(UUIDNumToString(if(is_submission, sipHash128(i, 'submission'), ${EVENT_HASH}))) AS other_id,
      concat(
        '["', kind, '",', toString(at_ms), ',', toString(t0_ms), ',', if(is_submission, '2', '1'), ',"marketo","', instance, '","',
        object_type, '","', object_name, '","upsert","', priority, '","', client_id, '","', correlation_id, '","',
        request_source, '",100,', toString(created), ',', toString(updated), ',',
        multiIf(empty(codes), '[],[]', retried, '["1004"],[10]', '["1003"],[3]')) AS head
    SELECT
      if(is_submission AND unanswered, other_id, ${REQUEST_ID}), cityHash64(i, part), 1,
      if(is_submission, 'submission', 'result') AS kind,
      fromUnixTimestamp64Milli(at_ms, 'UTC'), fromUnixTimestamp64Milli(t0_ms, 'UTC'), if(is_submission, 2, 1),
      'marketo', concat('10', toString(h % 3), '-ABC-456') AS instance, if(retried, 'customObject', 'person') AS object_type,
      if(retried, 'purchases', '') AS object_name, if(h % 10 = 0, 'high', 'normal') AS priority,
      if(is_submission, '', 'sim-user@marketo.example') AS client_id,
      concat('job/', toString(intDiv(i, ${REQUESTS_PER_CORRELATION}))) AS correlation_id,
      ['crm-sync', 'backfill', 'web'][1 + h % 3] AS request_source,
      100,
      multiIf(is_submission, 0, part = 2, 10, 40) AS created,
      multiIf(is_submission, 0, part = 2, 0, retried, 50, failed_in_part, 57, 60) AS updated,
      multiIf(is_submission, [], part = 2, [], retried, ['1004'], failed_in_part, ['1003'], []) AS codes,
      if(empty(codes), [], [toUInt32(if(retried, 10, 3))]),
      multiIf(NOT is_submission OR unanswered, 0, rejected, 400, 202) AS status,
      if(is_submission AND NOT unanswered, fromUnixTimestamp64Milli(t0_ms + 120, 'UTC'), NULL),
      is_submission AND retried,
      if(is_submission,
        concat(head, ',"","', other_id, '","",', toString(20000 + h % 60000), ',',
          if(unanswered, 'null', toString(t0_ms + 120)), ',', toString(status), ',"',
          multiIf(unanswered, 'ECONNRESET', rejected, '1003', ''), '","","', if(retried, 'email', ''), '","",{}]'),
        concat(head, ',"', other_id, '"]'))
    FROM (SELECT number AS i FROM numbers_mt(${from}, ${until - from}))
    ARRAY JOIN [0, 1, 2] AS part
    WHERE (part != 0 OR i % 2 = 0)
      AND (part = 0 OR NOT (rejected OR unanswered))
      AND (part != 2 OR retried)
      AND at_ms <= ${plan.untilMs + 60_000}
    ${SETTINGS}`;
}

/** The events that brought a layer's results, ten to an event, without their bodies. */
export function eventsStatement(plan: FilledRequests, layer: Layer): string {
  return `
    INSERT INTO events (event_id, type, time, instance, path, source, ingested_at)
    WITH ${timesOf(plan, layer)}
    SELECT toString(UUIDNumToString(${EVENT_HASH})), 'com.adobe.platform.marketo.observability.results', fromUnixTimestamp64Milli(at_ms, 'UTC') AS time,
      concat('10', toString(h % 3), '-ABC-456'), 'journal', 'journal', time
    FROM (SELECT ${layer.from} + number * 10 AS i FROM numbers_mt(${(layer.until - layer.from) / 10}))
    ARRAY JOIN [1, 2] AS part
    WHERE at_ms <= ${plan.untilMs + 60_000}
    ${SETTINGS}`;
}

function timesOf({ sinceMs, untilMs }: FilledRequests, { from, until }: Layer): string {
  return `cityHash64(i) AS h,
      toInt64(${sinceMs} + (i - ${from}) * ${(untilMs - sinceMs) / (until - from)}) AS t0_ms,
      multiIf(part = 0, t0_ms, part = 1, t0_ms + 20000 + h % 30000, t0_ms + ${RETRIED_AFTER_MS}) AS at_ms`;
}
