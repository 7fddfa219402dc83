/**
 * A backfill for human readers: how far it is, how fast, and when it may end.
 */
import type { CorrelationJson } from "../service-answers.ts";
import type { Look } from "../terminal/look.ts";
import { bytesText } from "./bytes-text.ts";
import { countText, numberText } from "./count-text.ts";
import { renderParts } from "./records.ts";
import { fromNow } from "./time-text.ts";

export type BackfillJson = NonNullable<CorrelationJson["backfill"]>;

/** `6 of 9 files loaded (9,000 rows, 900 kB), 1 of 4 jobs lost` */
export function progressText({ files, rows, bytes, jobs }: BackfillJson): string {
  const of = files.planned ?? Math.max(files.done, files.uploaded);
  const parts = [
    `${numberText(files.done)} of ${countText(of, "file")} loaded (${countText(rows.done - rows.failed, "row")}, ${bytesText(bytes.done)})`,
  ];
  if (rows.failed > 0) parts.push(`${countText(rows.failed, "row")} failed`);
  if (jobs.lost > 0) parts.push(`${numberText(jobs.lost)} of ${countText(jobs.known, "job")} lost`);
  return parts.join(", ");
}

/** Files as a bar, then jobs, rate and the estimate. */
export function renderBackfill(backfill: BackfillJson, now: number, look: Look): string {
  const { files, jobs, rate, retries, estimatedEndAt } = backfill;
  const planned = Math.max(files.planned ?? 0, files.done);
  const bar = renderParts(
    {
      loaded: files.done,
      outstanding: Math.max(planned - files.done, files.planned === null ? files.uploaded - files.done : 0),
    },
    look,
    "files",
  );
  const lines = [
    `jobs      ${numberText(jobs.complete)} complete, ${numberText(jobs.underWay)} under way, ${numberText(jobs.lost)} lost` +
      (retries === 0 ? "" : `; tried again by the service: ${numberText(retries)}`),
  ];
  if (rate !== null) {
    lines.push(
      `rate      ${numberText(Math.round(rate.rowsPerSecond))} rows/s, ${bytesText(rate.bytesPerSecond)}/s, since the first job began`,
    );
  }
  if (estimatedEndAt !== null) {
    lines.push(
      `estimate  done ${fromNow(Date.parse(estimatedEndAt), now)}, if it goes on like this (inferred)`,
    );
  }
  return [bar, ...lines].join("\n");
}
