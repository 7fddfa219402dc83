/**
 * A job as Data Cloud answers it: the documented fields, and the liberties that answers are known to take.
 *
 * Of six jobs one says `states` in place of `state`, two give `apiVersion` as a text, and one has fields that nobody knows.
 */
import type { Job } from "./jobs.ts";

export function jobJson(job: Job): Record<string, unknown> {
  const { id, object, sourceName, operation, shape, state, retries, processingMs } = job;
  return {
    id,
    operation,
    object,
    sourceName,
    createdById: "005000000000001",
    createdDate: timeText(job.createdAtMs, shape),
    systemModstamp: timeText(job.changedAtMs, shape),
    ...(shape === 0 ? { states: state } : { state }),
    contentType: "CSV",
    apiVersion: shape % 3 === 1 ? "v1" : 1,
    contentUrl: `/api/v1/ingest/jobs/${id}/batches`,
    retries,
    totalProcessingTime: processingMs,
    ...(shape === 5 ? { internalStatus: { phase: state.toLowerCase() }, tags: null } : {}),
  };
}

/** RFC 3339, now and then with an offset in place of `Z`. */
function timeText(atMs: number, shape: number): string {
  const text = new Date(atMs).toISOString();
  return shape === 3 ? text.replace("Z", "+0000") : text;
}
