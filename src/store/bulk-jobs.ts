/** Questions about bulk jobs: those that a source still has to ask the service about. */
import { JOB_STATES } from "../core/job.ts";
import type { JobReader, KnownJob } from "../core/ports.ts";
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

/** One row a job; of all facts only those of jobs are read. */
const JOBS = `
  SELECT
    f.request_id AS request_id,
    max(f.object_name) AS object_name,
    min((f.t0_rank, toUnixTimestamp64Milli(f.t0))).2 AS t0_ms,
    max(f.job_rank) AS furthest,
    max(f.job_rank = 0) AS gone,
    min((-toInt16(f.job_rank), toUnixTimestamp64Milli(f.at))).2 AS at_ms
  FROM facts_by_time AS f
  WHERE f.kind = 'job' AND f.instance = {instance:String} AND f.minute >= toStartOfMinute(toDateTime({since:UInt32}))
  GROUP BY f.request_id`;
