/**
 * A backfill: the bulk jobs of one correlation, as one load. How far it is, how fast, and when it may end.
 *
 * The unit is the file (one upload). Files of jobs that failed do not count as done: they have to be sent again. What is
 * planned is known only if the submitting side labels its uploads `chunks=<how many there will be>`; the end is an estimate.
 */
import type { Lifecycle } from "./lifecycle.ts";
import { uploadedRecords } from "./tally.ts";

/** An amount that was uploaded, and what of it is in jobs that are complete. */
export interface Amount {
  readonly uploaded: number;
  readonly done: number;
}

export interface Backfill {
  readonly jobs: {
    readonly known: number;
    readonly complete: number;
    /** Failed, aborted, or gone. */
    readonly lost: number;
    readonly underWay: number;
  };
  readonly files: Amount & { readonly planned: number | null };
  /** `failed`: of the rows in complete jobs those that are known to have failed. */
  readonly rows: Amount & { readonly failed: number };
  readonly bytes: Amount;
  /** How often the service tried its jobs again. */
  readonly retries: number;
  /** From the first job's beginning to the last one's end; null while none is complete. */
  readonly rate: { readonly rowsPerSecond: number; readonly bytesPerSecond: number } | null;
  /** Inferred from that rate, epoch milliseconds; null when there is nothing to infer it from, or nothing left. */
  readonly estimatedEndAt: number | null;
}

/** @returns null where there is no bulk job */
export function foldBackfill(requests: readonly Lifecycle[], now: number): Backfill | null {
  const jobs = requests.flatMap((one) => (one.job === null ? [] : [{ one, job: one.job }]));
  if (jobs.length === 0) return null;
  const complete = jobs.filter(({ job }) => job.jobState === "JobComplete");
  const underWay = jobs.filter(({ one }) => one.settledAt === null);
  const sumOf = (some: typeof jobs, pick: (item: (typeof jobs)[number]) => number): number =>
    some.reduce((sum, item) => sum + pick(item), 0);
  const amount = (pick: (item: (typeof jobs)[number]) => number): Amount => ({
    uploaded: sumOf(jobs, pick),
    done: sumOf(complete, pick),
  });
  const files = amount(({ job }) => job.uploads);
  const rows = amount(({ one }) => uploadedRecords(one.submissions));
  const bytes = amount(({ job }) => job.bytes);
  const planned = plannedFiles(requests);
  const begun = Math.min(...jobs.map(({ one }) => one.t0));
  const lastEnd = Math.max(...complete.map(({ job }) => job.at));
  const tookMs = complete.length === 0 ? 0 : lastEnd - begun;
  const open = files.done + sumOf(underWay, ({ job }) => job.uploads);
  const left = (planned ?? open) - files.done;
  return {
    jobs: {
      known: jobs.length,
      complete: complete.length,
      lost: jobs.length - complete.length - underWay.length,
      underWay: underWay.length,
    },
    files: { ...files, planned },
    rows: { ...rows, failed: sumOf(complete, ({ one }) => one.tally.failedTotal) },
    bytes,
    retries: sumOf(jobs, ({ job }) => job.retries),
    rate:
      tookMs <= 0
        ? null
        : {
            rowsPerSecond: (rows.done * 1_000) / tookMs,
            bytesPerSecond: (bytes.done * 1_000) / tookMs,
          },
    estimatedEndAt: left > 0 && files.done > 0 ? estimate(lastEnd + (left * tookMs) / files.done, now) : null,
  };
}

/** An end that lies behind us tells nothing any more. */
function estimate(at: number, now: number): number | null {
  return at > now ? Math.round(at) : null;
}

function plannedFiles(requests: readonly Lifecycle[]): number | null {
  const told = requests.flatMap((one) => (one.job === null ? [] : [Number(one.labels["chunks"])]));
  const planned = Math.max(0, ...told.filter((chunks) => Number.isSafeInteger(chunks) && chunks > 0));
  return planned === 0 ? null : planned;
}
