/**
 * A bulk job for human readers: its sentence, and where its rows are.
 *
 * Data Cloud counts no rows: what the submitting side counted is loaded when the job is complete, but for what is known to
 * have failed.
 */
import type { LifecycleJson } from "../../core/lifecycle-json.ts";
import type { Look } from "../terminal/look.ts";
import { bytesText } from "./bytes-text.ts";
import { codesText, countText, numberText, totalOf } from "./count-text.ts";
import { renderParts } from "./records.ts";

export type JobLifecycle = LifecycleJson & { readonly job: NonNullable<LifecycleJson["job"]> };

export function isJob(one: LifecycleJson): one is JobLifecycle {
  return one.job !== null;
}

const DOING: Readonly<Record<string, string>> = {
  Open: "the job is open for files",
  UploadComplete: "the job is queued",
  InProgress: "the job is being processed",
  JobComplete: "the job is complete",
  Failed: "the job ended as Failed",
  Aborted: "the job was aborted",
  Gone: "Data Cloud knows the job no longer, and it was never seen to end",
};

/** `4,500 rows in 3 files (450 kB)` */
function filesText({ job, records }: JobLifecycle): string {
  if (job.uploads === 0) return "no file so far";
  const rows = records.expected === 0 ? "" : `${countText(records.expected, "row")} in `;
  return `${rows}${countText(job.uploads, "file")} (${bytesText(job.bytes)})`;
}

/** The same, with what failed of them. */
export function rowsText(one: JobLifecycle): string {
  const failed = totalOf(one.records.failed);
  return filesText(one) + (failed === 0 ? "" : `, ${failed} failed (${codesText(one.records.failed)})`);
}

export function jobSentence(one: JobLifecycle): string[] {
  const { job, records } = one;
  const failed = totalOf(records.failed);
  return [
    `${DOING[job.state] ?? job.state}, ${filesText(one)}`,
    failed === 0 ? "" : `${countText(failed, "row")} failed (${codesText(records.failed)})`,
    job.retries === 0 ? "" : `the service tried it again ${timesText(job.retries)}`,
  ];
}

export function renderRows({ job, records }: JobLifecycle, look: Look): string {
  const failed = totalOf(records.failed);
  const loaded = job.state === "JobComplete" ? records.expected - failed : 0;
  const lost = job.state === "Failed" || job.state === "Aborted" ? records.expected : 0;
  return renderParts({ loaded, failed: failed + lost, outstanding: records.outstanding }, look);
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${numberText(count)} times`;
}
