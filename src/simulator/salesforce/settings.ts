/**
 * What the simulated Data Cloud allows and how it behaves. Durations ending in `Ms` are simulated time.
 */

const MEBIBYTE = 1_048_576;
const MINUTE_MS = 60_000;

export interface SalesforceSettings {
  /** Life of a token, wall-clock seconds. */
  expiresInSeconds: number;
  /** Streaming: longest body, and most ids of a deletion. */
  maxStreamBytes: number;
  maxDeleteIds: number;
  /** Above it the answer is 429. */
  requestsPerSecond: number;
  /** Wall-clock seconds, sent with a 429. */
  retryAfterSeconds: number;
  maxFileBytes: number;
  maxFiles: number;
  /** From the closing of a job until it is taken up; each job draws between half and one and a half of it. */
  queueMs: number;
  /** What a job takes at least, and for each MiB. */
  processMs: number;
  processMsPerMebibyte: number;
  /** Share of jobs that fail, of those that are tried again once, of those with problem records. */
  failureRate: number;
  retryRate: number;
  problemRate: number;
  problemCodes: readonly string[];
  /** Jobs that were not taken up are removed after it. */
  keepMs: number;
  /** Jobs remembered; the oldest ended ones are forgotten beyond it. */
  maxJobs: number;
}

export function salesforceDefaults(): SalesforceSettings {
  return {
    expiresInSeconds: 7_200,
    maxStreamBytes: 200_000,
    maxDeleteIds: 200,
    requestsPerSecond: 250,
    retryAfterSeconds: 1,
    maxFileBytes: 150 * MEBIBYTE,
    maxFiles: 100,
    queueMs: MINUTE_MS,
    processMs: 4 * MINUTE_MS,
    processMsPerMebibyte: 2_000,
    failureRate: 0,
    retryRate: 0,
    problemRate: 0,
    problemCodes: ["INVALID_DATE", "MISSING_REQUIRED_FIELD"],
    keepMs: 7 * 24 * 60 * MINUTE_MS,
    maxJobs: 10_000,
  };
}
