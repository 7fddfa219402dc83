/**
 * What the facts of a request in a state look like: an index of signs finds those few among millions, and a condition on
 * all facts of a request keeps the fold from most that are not in it.
 */
import type { LifecycleState } from "../core/lifecycle.ts";
import type { ListFilter } from "../core/ports.ts";

/** Bits of `facts_by_time.signs`. */
const UNANSWERED = 1;
const REFUSED = 2;
const FAILURES = 4;
const FRUITLESS = 8;
const OF_JOB = 16;
const ABORTED = 32;
const TO_SALESFORCE = 64;

/** Every request in the state has a fact with one of these, or the state is as common as requests are. */
const SIGNS: Readonly<Partial<Record<LifecycleState, number>>> = {
  unconfirmed: UNANSWERED,
  rejected: REFUSED,
  partially_failed: FAILURES | OF_JOB,
  failed: FRUITLESS | OF_JOB,
  aborted: ABORTED,
};

/** These have a beginning before which only what has such a sign is still in the state. */
const LASTING: Readonly<Partial<Record<LifecycleState, number>>> = {
  accepted: OF_JOB | TO_SALESFORCE,
  processing: OF_JOB,
  retrying: 0,
};

/** What every request in a state has at least, of the columns of a gathered request. */
const MAY_BE: Readonly<Record<LifecycleState, string>> = {
  unconfirmed: "unanswered",
  rejected: "refused",
  accepted: "NOT results OR jobs",
  processing: "(results AND open) OR jobs",
  retrying: "open OR failures",
  succeeded: "results OR jobs",
  partially_failed: "failures",
  failed: "fruitless OR jobs",
  exhausted: "failures OR (linked AND open)",
  overdue: "open OR jobs",
  aborted: "aborted",
};

/** By the name in a filter its column; the rarest first. */
const COLUMNS = {
  correlationId: "correlation_id",
  clientId: "client_id",
  requestSource: "request_source",
  objectName: "object_name",
  objectType: "object_type",
  instance: "instance",
} as const satisfies Partial<Record<keyof ListFilter, string>>;

type Name = keyof typeof COLUMNS;

/** About so many: a submission and its result. */
const FACTS_PER_REQUEST = 2;

/** Requests that began in [since, until), epoch milliseconds, and what at least one fact of each that fits shows. */
export interface Search {
  /** A condition on facts; undefined where there is none to name. */
  readonly sign: string | undefined;
  /** About so many facts of a request show it. */
  readonly factsEach: number;
  readonly since: number;
  readonly until: number;
}

/** What is to be searched through, newest first. */
export function searchesFor(filter: ListFilter): Search[] {
  const { since = -Infinity, until = Infinity, openSince } = filter;
  const state = filter.state as LifecycleState | undefined;
  const signs = state === undefined ? undefined : SIGNS[state];
  if (signs !== undefined) return [{ ...ofState(signs), since, until }];
  const name = (Object.keys(COLUMNS) as Name[]).find((one) => filter[one] !== undefined);
  const named = {
    sign: name === undefined ? undefined : `${COLUMNS[name]} = {${name}:String}`,
    factsEach: FACTS_PER_REQUEST,
  };
  const lasting = state === undefined ? undefined : LASTING[state];
  if (lasting === undefined || openSince === undefined) return [{ ...named, since, until }];
  const recent = { ...named, since: Math.max(since, openSince), until };
  return lasting === 0
    ? [recent]
    : [recent, { ...ofState(lasting), since, until: Math.min(until, openSince) }];
}

function ofState(signs: number): Pick<Search, "sign" | "factsEach"> {
  return { sign: `bitAnd(signs, ${signs}) != 0`, factsEach: 1 };
}

/** Conditions on gathered requests: all that fit meet them. */
export function conditionsOf(filter: ListFilter): string[] {
  const conditions = Object.entries(COLUMNS).flatMap(([name, column]) =>
    filter[name as Name] === undefined ? [] : [`${column} = {${name}:String}`],
  );
  if (filter.state !== undefined) conditions.push(`${MAY_BE[filter.state as LifecycleState]} OR adopts`);
  if (filter.linkBearing === true) conditions.push("linked OR failures OR adopts");
  return conditions;
}

/** The values that both of them need. */
export function paramsOf(filter: ListFilter): Record<string, unknown> {
  const names = Object.keys(COLUMNS).flatMap((name) => {
    const wanted = filter[name as Name];
    return wanted === undefined ? [] : [[name, wanted] as const];
  });
  return Object.fromEntries(names);
}

/**
 * One row a request: what the fold would give for its names and its beginning, and some signs of its state. One that may
 * have adopted a submission may be in any.
 */
export const GATHERED_COLUMNS = `
    f.request_id AS request_id,
    min((f.t0_rank, toUnixTimestamp64Milli(f.t0))).2 AS t0_ms,
    ${Object.values(COLUMNS)
      .map(
        (column) =>
          `if(maxIf(f.${column}, f.kind = 'submission') != '', maxIf(f.${column}, f.kind = 'submission'), max(f.${column})) AS ${column}`,
      )
      .join(",\n    ")},
    max(bitAnd(f.signs, ${UNANSWERED})) != 0 AS unanswered,
    max(bitAnd(f.signs, ${REFUSED})) != 0 AS refused,
    max(bitAnd(f.signs, ${FAILURES})) != 0 AS failures,
    max(bitAnd(f.signs, ${FRUITLESS})) != 0 AS fruitless,
    max(bitAnd(f.signs, ${OF_JOB})) != 0 AS jobs,
    max(bitAnd(f.signs, ${ABORTED})) != 0 AS aborted,
    max(f.correlation_id IN (SELECT correlation_id FROM unanswered_submissions)) AND NOT max(f.kind = 'submission') AS adopts,
    max(f.link_bearing) AS linked,
    max(f.kind = 'result') AS results,
    groupUniqArray((f.fact_id, f.created + f.updated + arraySum(f.failed_counts))) AS accounted,
    arraySum(accounted.2) < max(f.received) OR NOT results OR arrayUniq(accounted.1) < length(accounted) AS open`;
