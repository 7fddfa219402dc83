/**
 * The stream's health: how far it is read, what lags, where it had gaps.
 */
import { Type } from "typebox";
import { completenessOf } from "../../core/completeness.ts";
import type { KnownWindow, UnstatedHours } from "../../core/completeness-ports.ts";
import { coverageOf, JOURNAL_KEEPS_MS, standingOf } from "../../core/coverage.ts";
import type { Interval } from "../../core/interval.ts";
import { timeText } from "../../core/lifecycle-json.ts";
import type { JournalCursor, PathReport, SourceStatus, StreamReport } from "../../core/ports.ts";
import type { StreamStatus } from "../../core/stream-status.ts";
import { DAY_MS, PATHS_SETTLE_MS, PATHS_SPAN_MS, REPAIRS_TOLD, STATED_WITHIN_MS } from "../limits.ts";
import type { ApiParts } from "../parts.ts";
import type { RouteApp } from "../route-app.ts";
import { routeErrors } from "../route-errors.ts";
import { repairJson } from "../repair-json.ts";
import { closed, ref } from "../schemas/field.ts";
import { bound, checkInterval, readBound } from "../time-bound.ts";

export function streamRoutes(app: RouteApp, { stream, repairs, sources, clock, speed = 1 }: ApiParts): void {
  app.get(
    "/v1/stream",
    {
      config: { scope: "read" },
      schema: {
        operationId: "getStream",
        tags: ["stream"],
        summary: "Whether the stream can be relied on",
        querystring: Type.Object(
          {
            since: bound(
              "Where the interval of `paths` begins, default an hour before its end; and that of `completeness`, default a day ago.",
            ),
            until: bound("Where it ends; default 5 minutes ago, for what is younger may still be under way."),
          },
          closed,
        ),
        response: { 200: ref("StreamHealth"), ...routeErrors("read") },
      },
    },
    async ({ query }) => {
      const now = clock.now();
      const daySince = query.since === undefined ? now - DAY_MS : readBound("since", query.since, now);
      const [report, paths, windows, unstated, runs, running] = await Promise.all([
        stream.streamReport(now),
        stream.pathReport(...intervalOf(query, now)),
        stream.judgedWindows(daySince),
        stream.unstatedHours(daySince, now - STATED_WITHIN_MS),
        repairs.repairRuns(0, REPAIRS_TOLD),
        sources(),
      ]);
      return {
        at: timeText(now),
        lastEventAt: timeText(latest([...running, ...report.cursors].map((one) => one.lastEventAt))),
        lastResultAt: timeText(report.lastResultAt),
        cursors: report.cursors.map((cursor) => cursorJson(cursor, now)),
        sources: running.map(sourceJson),
        coverage: [...coverageOf(report.covered)].map(([source, intervals]) => ({
          source,
          intervals: intervals.map(intervalJson),
        })),
        gaps: gapsJson(report, now - JOURNAL_KEEPS_MS / speed),
        repairs: runs.map(repairJson),
        paths: pathsJson(paths),
        completeness: completenessJson(daySince, windows, unstated),
        instances: instancesJson(report.statuses),
        deadLetters: { count: report.deadLetters },
      };
    },
  );
}

function intervalOf(query: { since?: string; until?: string }, now: number): [number, number] {
  const until = query.until === undefined ? now - PATHS_SETTLE_MS : readBound("until", query.until, now);
  const since = query.since === undefined ? until - PATHS_SPAN_MS : readBound("since", query.since, now);
  checkInterval(since, until);
  return [since, until];
}

function gapsJson({ gaps, covered }: StreamReport, oldest: number) {
  return gaps.map((gap) => {
    const { source, reason, state, rest, repairedAt, repairedBy } = standingOf(gap, covered, oldest);
    return {
      source,
      ...intervalJson(gap),
      reason,
      state,
      rest: rest.map(intervalJson),
      repairedAt: timeText(repairedAt),
      repairedBy,
    };
  });
}

function intervalJson({ from, until }: Interval) {
  return { from: timeText(from), until: timeText(until) };
}

function pathsJson({ since, until, events, sampled, shares }: PathReport) {
  return {
    since: timeText(since),
    until: timeText(until),
    events,
    sampled,
    items: shares.map((share) => ({ ...share, loss: events === 0 ? 0 : share.never / events })),
  };
}

function completenessJson(
  since: number,
  windows: readonly KnownWindow[],
  unstated: readonly UnstatedHours[],
) {
  const byWindow = new Map<string, KnownWindow[]>();
  for (const one of windows) {
    const key = `${one.instance} ${one.from}`;
    byWindow.set(key, [...(byWindow.get(key) ?? []), one]);
  }
  return {
    since: timeText(since),
    windows: [...byWindow.values()].reverse().map(windowJson),
    notStated: unstated.map(({ instance, from, until }) => ({
      instance,
      from: timeText(from),
      until: timeText(until),
    })),
  };
}

/** @param parts of one window, at least one */
function windowJson(parts: readonly KnownWindow[]) {
  const sum = (of: "stated" | "seen" | "missing"): number => parts.reduce((all, part) => all + part[of], 0);
  const [first] = parts;
  return {
    instance: first?.instance ?? "",
    from: timeText(first?.from ?? 0),
    until: timeText(first?.until ?? 0),
    stated: sum("stated"),
    seen: sum("seen"),
    missing: sum("missing"),
    completeness: completenessOf(parts),
    incomplete: parts
      .filter(({ missing }) => missing > 0)
      .map(({ objectType, priority, stated, seen, missing }) => ({
        objectType,
        priority,
        stated,
        seen,
        missing,
      })),
    judgedAt: timeText(Math.max(...parts.map(({ judgedAt }) => judgedAt))),
  };
}

/** A cursor is as old as its newest event, and no younger than its last save. */
function cursorJson(cursor: JournalCursor, now: number) {
  const standsAt = Math.min(cursor.savedAt, cursor.lastEventAt ?? cursor.savedAt);
  const ageMs = Math.max(0, now - standsAt);
  return {
    source: cursor.source,
    savedAt: timeText(cursor.savedAt),
    lastEventAt: timeText(cursor.lastEventAt),
    ageMs,
    expiresInMs: Math.max(0, JOURNAL_KEEPS_MS - ageMs),
  };
}

function sourceJson(status: SourceStatus) {
  const { name, path, state, fault } = status;
  const { lastReadAt, lastEventAt } = status;
  return { name, path, state, lastReadAt: timeText(lastReadAt), lastEventAt: timeText(lastEventAt), fault };
}

function instancesJson(statuses: readonly StreamStatus[]) {
  const names = [...new Set(statuses.map((status) => status.instance))].sort();
  return names.map((instance) => {
    const own = statuses.filter((status) => status.instance === instance).sort((a, b) => b.at - a.at);
    return {
      instance,
      quota: own.find((status) => status.quota !== null)?.quota ?? null,
      queues: own
        .filter((status) => status.priority !== "")
        .map(({ priority, at, lagSeconds, requestBacklog, recordBacklog }) => ({
          priority,
          at: timeText(at),
          lagSeconds,
          requestBacklog,
          recordBacklog,
        })),
    };
  });
}

function latest(times: readonly (number | null)[]): number | null {
  return times.reduce((last, at) => (at !== null && (last === null || at > last) ? at : last), null);
}
