/**
 * Counts over time, for charts: whole hours from the roll-up, shorter steps from the fold.
 */
import { Type } from "typebox";
import { parseDuration } from "../../core/duration.ts";
import { TRAFFIC_DIMENSIONS, type TrafficDimension, type TrafficPoint } from "../../core/hourly-ports.ts";
import { HOUR_MS } from "../../core/hourly.ts";
import { timeText } from "../../core/lifecycle-json.ts";
import { DAY_MS, RECENT_STATS_MS, STATS_ITEMS_MAX, STATS_STEPS_MAX } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { inputInvalid } from "../schema-check.ts";
import { closed, ref } from "../schemas/field.ts";
import { bound, checkInterval, readBound } from "../time-bound.ts";

const MINUTE_MS = 60_000;

export function statsRoutes(app: RouteApp, { traffic, clock }: ApiParts): void {
  app.get(
    "/v1/stats",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getStats",
        tags: ["requests"],
        summary: "Requests and records over time, for charts",
        description:
          "Counts requests by when they began, as they stand now. The interval is widened to whole steps. Steps of whole hours come " +
          "from the hourly roll-up, which is brought up to date once a minute; shorter ones, over up to 3 hours, are counted when asked for. " +
          `At most ${STATS_STEPS_MAX} steps.`,
        querystring: Type.Object(
          {
            since: bound("Where the interval begins; default a day before its end."),
            until: bound("Where it ends; default now."),
            step: Type.Optional(
              Type.String({
                maxLength: 32,
                description:
                  "Length of a step, whole minutes or whole hours: PT5M, PT1H, P1D. Default an hour; in intervals of up to 3 hours a minute.",
              }),
            ),
            by: Type.Optional(
              Type.String({
                maxLength: 128,
                description: `What tells the lines apart, separated by commas, of: ${TRAFFIC_DIMENSIONS.join(", ")}.`,
              }),
            ),
            instance: Type.Optional(Type.String({ maxLength: 255, description: "Only of this instance." })),
          },
          closed,
        ),
        response: { 200: ref("Stats"), ...routeErrors("read") },
      },
    },
    async ({ query }) => {
      const now = clock.now();
      const by = readDimensions(query.by);
      const { since, until, stepMs } = readSteps(query, now);
      const isHourly = stepMs >= HOUR_MS;
      const wanted = { since, until, stepMs, by, instance: query.instance, limit: STATS_ITEMS_MAX + 1 };
      const [countedUntil, points] = await Promise.all([
        isHourly ? traffic.hourlyCursor() : now,
        isHourly ? traffic.hourlyTraffic(wanted) : traffic.recentTraffic(wanted, now),
      ]);
      return {
        since: timeText(since),
        until: timeText(until),
        stepMs,
        by,
        countedUntil: timeText(countedUntil ?? null),
        truncated: points.length > STATS_ITEMS_MAX,
        items: points.slice(0, STATS_ITEMS_MAX).map(pointJson),
      };
    },
  );
}

function pointJson({ at, of, requests, failedByCode, ...sums }: TrafficPoint) {
  const { expected, created, updated, outstanding, superseded } = sums;
  const records = { expected, created, updated, failed: failedByCode, outstanding, superseded };
  return { at: timeText(at), of, requests, records };
}

/** @throws After202Error INPUT_INVALID */
function readDimensions(text = ""): TrafficDimension[] {
  const names = text.split(",").filter((name) => name !== "");
  const known: readonly string[] = TRAFFIC_DIMENSIONS;
  if (names.every((name) => known.includes(name)) && new Set(names).size === names.length)
    return names as TrafficDimension[];
  throw inputInvalid([{ field: "by", message: `must name each once, of ${known.join(", ")}` }]);
}

/** @throws After202Error INPUT_INVALID */
function readSteps(query: { since?: string; until?: string; step?: string }, now: number) {
  const until = query.until === undefined ? now : readBound("until", query.until, now);
  const since = query.since === undefined ? until - DAY_MS : readBound("since", query.since, now);
  checkInterval(since, until);
  const stepMs = query.step === undefined ? defaultStep(until - since) : parseDuration(query.step);
  if (stepMs === undefined || stepMs <= 0 || stepMs % (stepMs < HOUR_MS ? MINUTE_MS : HOUR_MS) !== 0) {
    throw inputInvalid([
      { field: "step", message: "must be whole minutes, or whole hours: PT5M, PT1H, P1D" },
    ]);
  }
  if (stepMs < HOUR_MS && until - since > RECENT_STATS_MS) {
    throw inputInvalid([
      { field: "step", message: "must be whole hours in an interval of more than 3 hours" },
    ]);
  }
  if ((until - since) / stepMs > STATS_STEPS_MAX) {
    throw inputInvalid([{ field: "step", message: `must be longer: at most ${STATS_STEPS_MAX} steps` }]);
  }
  return {
    stepMs,
    since: Math.floor(since / stepMs) * stepMs,
    until: Math.ceil(until / stepMs) * stepMs,
  };
}

function defaultStep(spanMs: number): number {
  return spanMs <= RECENT_STATS_MS ? MINUTE_MS : HOUR_MS;
}
