/**
 * How a submitter tells the simulated Data Cloud what shall become of a job: `"_simulate": {…}` in the body that creates it.
 * The real service knows no such thing. Without it the settings decide.
 */

export interface JobDirective {
  /** The job ends as Failed. */
  fail?: boolean;
  /** So often the service tries it again before its end. */
  retries?: number;
  /** Rows that fail inside and go to the problem records, by error code. */
  problems?: Record<string, number>;
  /** Simulated milliseconds until it is taken up, and until it is done. */
  queueMs?: number;
  processMs?: number;
}

export function jobDirective(body: Readonly<Record<string, unknown>>): JobDirective {
  const value = body["_simulate"];
  return typeof value === "object" && value !== null ? value : {};
}
