/**
 * What a submitter needs of whoever records its attempts: a fetch around its own, and to know whether all is told.
 */

/** As much of fetch as the submitter uses. */
export type SubmitFetch = (url: string, init: RequestInit) => Promise<Response>;

/** What only the submitter knows of an attempt. */
export interface AttemptNames {
  /** Correlates all calls of a load. */
  readonly job: string;
  readonly chunk: string | undefined;
  readonly attempt: number;
  readonly submissionId: string;
  readonly previousSubmissionId: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

/** A fetch that tells of its calls. */
export type RecordedCall = (url: string, init: RequestInit, names: AttemptNames) => Promise<Response>;

export interface Recording {
  wrap(fetch: SubmitFetch): RecordedCall;
  /** Attempts that nobody has been told of yet. */
  pending(): number;
  /** Attempts that were called wrong. */
  refused(): number;
  /** Resolves when everything is told, or after the time. */
  flush(timeoutMs: number): Promise<unknown>;
  /** @returns attempts that could not be told */
  close(timeoutMs: number): Promise<number>;
}
