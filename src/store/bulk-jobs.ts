/** Questions about bulk jobs: those that a source still has to ask the service about. */
import { JOB_STATES } from "../core/job.ts";
import type { JobReader, JobStart, KnownJob } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";

export function createJobReader(client: StoreClient): JobReader {
  return {
    async openJobs(instance, since, limit) {
      const rows = await client.query<JobRow>(
        `${JOBS} HAVING furthest BETWEEN 1 AND 3 AND NOT gone ORDER BY t0_ms DESC, request_id LIMIT {limit:UInt32}`,
        { instance, since: Math.floor(Math.max(0, since) / 1_000), limit },
      );
      return rows.map(jobOf);
    },
    async endedJobs(instance, objectNames, since, limit) {
      const rows = await client.query<JobRow>(
        `${JOBS} HAVING furthest IN (4, 5) AND NOT counted AND object_name IN {objectNames:Array(String)}
         ORDER BY t0_ms DESC, request_id LIMIT {limit:UInt32}`,
        { instance, objectNames, since: Math.floor(Math.max(0, since) / 1_000), limit },
      );
      return rows.map(jobOf);
    },
  };
}

interface JobRow {
  readonly request_id: string;
  readonly object_name: string;
  readonly t0_ms: string;
  readonly furthest: number;
  readonly at_ms: string;
}

function jobOf(row: JobRow): KnownJob {
  return {
    requestId: row.request_id,
    objectName: row.object_name,
    t0: Number(row.t0_ms),
    jobState: JOB_STATES[row.furthest - 1] ?? "Open",
    at: Number(row.at_ms),
  };
}

/** One row a job; a result of one is a count of its problem records. */
const JOBS = `
  SELECT
    f.request_id AS request_id,
    max(f.object_name) AS object_name,
    min((f.t0_rank, toUnixTimestamp64Milli(f.t0))).2 AS t0_ms,
    max(f.job_rank) AS furthest,
    max(f.kind = 'job' AND f.job_rank = 0) AS gone,
    max(f.kind = 'result') AS counted,
    min((-toInt16(f.job_rank), toUnixTimestamp64Milli(f.at))).2 AS at_ms
  FROM facts_by_time AS f
  WHERE (f.kind = 'job' OR (f.kind = 'result' AND f.target = 'salesforce')) AND f.instance = {instance:String} AND f.minute >= toStartOfMinute(toDateTime({since:UInt32}))
  GROUP BY f.request_id`;

/** A job is created at most so long before it is taken up, as far as is looked. */
const CREATED_BEFORE_MS = 24 * 3_600_000;

export async function jobStarts(
  client: StoreClient,
  objectNames: readonly string[],
  since: number,
  until: number,
): Promise<JobStart[]> {
  const rows = await client.query<{ instance: string; object_name: string; at_ms: string }>(
    `SELECT instance, object_name, min(toUnixTimestamp64Milli(at)) AS at_ms
     FROM facts_by_time
     WHERE kind = 'job' AND job_rank IN (2, 3) AND object_name IN {objectNames:Array(String)}
       AND minute >= toStartOfMinute(toDateTime({createdSince:UInt32})) AND minute <= {until:DateTime64(3, 'UTC')}
       AND at >= {since:DateTime64(3, 'UTC')} AND at <= {until:DateTime64(3, 'UTC')}
     GROUP BY request_id, instance, object_name, job_rank
     LIMIT 10000`,
    {
      objectNames,
      since: new Date(since),
      until: new Date(until),
      createdSince: Math.floor(Math.max(0, since - CREATED_BEFORE_MS) / 1_000),
    },
  );
  return rows.map((row) => ({
    instance: row.instance,
    objectName: row.object_name,
    at: Number(row.at_ms),
  }));
}
