/** What became of requests over time, for charts: of long ranges from the hourly roll-up, of short ones from the fold. */
import type { TrafficDimension, TrafficPoint, TrafficQuery, TrafficReader } from "../core/hourly-ports.ts";
import { countsOfMap } from "../core/record-counts.ts";
import type { StoreClient } from "./client.ts";

const COLUMNS: Readonly<Record<TrafficDimension, string>> = {
  state: "state",
  instance: "instance",
  target: "target",
  objectType: "object_type",
  objectName: "object_name",
  priority: "priority",
};

/** Steps begin at multiples of their length since 1970. */
const points = (source: string, { by, instance }: TrafficQuery): string => {
  const names = by.map((one) => COLUMNS[one]);
  return `
  SELECT
    toUnixTimestamp(toStartOfInterval(at, toIntervalSecond({step:UInt32}), toDateTime(0, 'UTC'))) * 1000 AS at_ms,
    ${names.map((name) => `${name},`).join(" ")}
    sum(requests) AS requests, sum(expected) AS expected, sum(created) AS created, sum(updated) AS updated,
    sum(outstanding) AS outstanding, sum(failed) AS failed, sum(superseded) AS superseded,
    sumMap(failed_by_code) AS failed_by_code
  FROM (${source})
  WHERE at >= {since:DateTime('UTC')} AND at < {until:DateTime('UTC')}
    ${instance === undefined ? "" : "AND instance = {instance:String}"}
  GROUP BY ${["at_ms", ...names].join(", ")}
  ORDER BY ${["at_ms", ...names].join(", ")}
  LIMIT {limit:UInt32}`;
};

const HOURLY = "SELECT * EXCEPT hour, hour AS at FROM hourly WHERE hour >= {since:DateTime('UTC')}";
const RECENT = `
  SELECT * FROM traffic(since = {sinceMs:DateTime64(3, 'UTC')}, until = {untilMs:DateTime64(3, 'UTC')}, now = {now:DateTime64(3, 'UTC')})`;

type PointRow = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export function createTrafficReader(client: StoreClient): Omit<TrafficReader, "hourlyCursor"> {
  const read = async (source: string, query: TrafficQuery, now = 0): Promise<TrafficPoint[]> => {
    const { since, until, stepMs, instance, limit } = query;
    const rows = await client.query<PointRow>(points(source, query), {
      since: new Date(since),
      until: new Date(until),
      sinceMs: new Date(since),
      untilMs: new Date(until),
      now: new Date(now),
      step: stepMs / 1_000,
      limit,
      ...(instance !== undefined && { instance }),
    });
    return rows.map((row) => pointOf(row, query.by));
  };
  return {
    hourlyTraffic: (query) => read(HOURLY, query),
    recentTraffic: (query, now) => read(RECENT, query, now),
  };
}

function pointOf(row: PointRow, by: readonly TrafficDimension[]): TrafficPoint {
  const byCode = row["failed_by_code"];
  return {
    at: Number(row["at_ms"]),
    of: Object.fromEntries(by.map((one) => [one, row[COLUMNS[one]]])),
    requests: Number(row["requests"]),
    expected: Number(row["expected"]),
    created: Number(row["created"]),
    updated: Number(row["updated"]),
    outstanding: Number(row["outstanding"]),
    failed: Number(row["failed"]),
    superseded: Number(row["superseded"]),
    failedByCode: typeof byCode === "object" ? countsOfMap(byCode) : {},
  };
}
