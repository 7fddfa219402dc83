/**
 * Bulk jobs that this process has created: what the calls that follow do not say themselves. Bounded; the oldest go first.
 */
import type { SubmissionInput } from "../core/submission.ts";

export type JobNames = Pick<SubmissionInput, "objectName" | "jobCreatedAt">;

export interface JobMemory {
  add(jobId: string, names: JobNames): void;
  get(jobId: string): JobNames;
}

const MAX_JOBS = 10_000;

export function createJobMemory(): JobMemory {
  const jobs = new Map<string, JobNames>();
  return {
    add(jobId, names) {
      jobs.set(jobId, names);
      const [oldest] = jobs.keys();
      if (jobs.size > MAX_JOBS && oldest !== undefined) jobs.delete(oldest);
    },
    get: (jobId) => jobs.get(jobId) ?? {},
  };
}
