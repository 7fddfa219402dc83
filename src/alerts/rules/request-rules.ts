/** The rules that judge requests: one line a rule. */
import type { RequestRule } from "../rule.ts";
import { bulkJobFailed } from "./bulk-job-failed.ts";
import { linkRetryAtRisk } from "./link-retry-at-risk.ts";
import { linkRetryExhausted } from "./link-retry-exhausted.ts";
import { requestOverdue } from "./request-overdue.ts";
import { requestRejected } from "./request-rejected.ts";
import { unconfirmedSubmission } from "./unconfirmed-submission.ts";

export const REQUEST_RULES: readonly RequestRule[] = [
  linkRetryAtRisk,
  linkRetryExhausted,
  requestOverdue,
  requestRejected,
  unconfirmedSubmission,
  bulkJobFailed,
];
