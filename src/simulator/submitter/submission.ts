/**
 * What the submitting side writes down about one attempt: the body of `POST /v1/submissions`.
 */

export interface Submission {
  readonly submissionId: string;
  readonly requestId?: string;
  readonly correlationId: string;
  readonly requestSource: string;
  readonly target: "marketo";
  readonly instance: string;
  readonly objectType: string;
  readonly objectName?: string;
  readonly operation: string;
  readonly priority: string;
  readonly records: number;
  readonly bytes: number;
  readonly submittedAt: string;
  /** Absent, as `httpStatus` and `requestId`, when no response came. */
  readonly respondedAt?: string;
  /** From the response's `Date`. */
  readonly serverTime?: string;
  readonly httpStatus?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly previousSubmissionId?: string;
  readonly linkField?: string;
  readonly labels?: Readonly<Record<string, string>>;
}
