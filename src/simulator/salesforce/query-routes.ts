/**
 * The query API, as far as problem records need it: counts by error code from one table and one span of time.
 *
 * It understands the one shape of statement that is asked of it, and refuses every other.
 */
import type { FastifyInstance } from "fastify";
import { type Handler, objectBody } from "./gate.ts";
import type { Jobs } from "./jobs.ts";
import { DataCloudRefusal } from "./refusal.ts";

const STATEMENT =
  /^SELECT error_code__c, COUNT\(\*\) AS (\w+) FROM (\w+) WHERE (\w+) >= TIMESTAMP '([^']+)' AND \3 < TIMESTAMP '([^']+)' GROUP BY error_code__c LIMIT \d+$/i;

export interface QueryRouteParts {
  readonly jobs: Jobs;
  readonly gate: (handler: Handler) => Handler;
}

export function addQueryRoutes(scope: FastifyInstance, { jobs, gate }: QueryRouteParts): void {
  scope.post(
    "/api/v2/query",
    gate((request) => {
      const { sql } = objectBody(request);
      const [, alias = "", table = "", , since = "", until = ""] = STATEMENT.exec(String(sql)) ?? [];
      const object = /^PR_(\w+)__dll$/.exec(table)?.[1];
      if (object === undefined)
        throw new DataCloudRefusal(400, "BAD_REQUEST", "the statement is not understood");
      const counts = new Map<string, number>();
      for (const one of jobs.problems()) {
        if (one.object !== object || one.atMs < Date.parse(since) || one.atMs >= Date.parse(until)) continue;
        counts.set(one.code, (counts.get(one.code) ?? 0) + one.count);
      }
      return {
        data: [...counts],
        rowCount: counts.size,
        done: true,
        metadata: {
          error_code__c: { type: "VARCHAR", placeInOrder: 0 },
          [alias]: { type: "DECIMAL", placeInOrder: 1 },
        },
      };
    }),
  );
}
