/**
 * Retry policy: when the upstream service tries a request again, and when it gives up.
 *
 * A policy is data. Nothing here reads a clock; callers pass times in.
 */

export interface RetryPolicy {
  readonly name: RetryPolicyName;
  /** Times of the retries, in milliseconds after the request, ascending. */
  readonly retryAfterMs: readonly number[];
  /** How long the service waits for the person behind a link field, in milliseconds after the request. */
  readonly linkWindowMs: number;
}

export type RetryPolicyName = "marketo-2023" | "marketo-2026";

const MINUTE_MS = 60_000;

/**
 * The two schedules that Marketo documented, the first until March 2026, the second since April 2026.
 * The window of 65 minutes for link fields is stated under both.
 */
export const RETRY_POLICIES: Readonly<Record<RetryPolicyName, RetryPolicy>> = {
  "marketo-2023": {
    name: "marketo-2023",
    retryAfterMs: [5, 35, 65].map((minutes) => minutes * MINUTE_MS),
    linkWindowMs: 65 * MINUTE_MS,
  },
  "marketo-2026": {
    name: "marketo-2026",
    retryAfterMs: [5, 20, 40, 60, 180, 360].map((minutes) => minutes * MINUTE_MS),
    linkWindowMs: 65 * MINUTE_MS,
  },
};

/** The same policy on a clock that runs `speed` times faster (demo and tests); times are rounded to milliseconds. */
export function scalePolicy(policy: RetryPolicy, speed: number): RetryPolicy {
  if (speed === 1) return policy;
  return {
    name: policy.name,
    retryAfterMs: policy.retryAfterMs.map((at) => Math.round(at / speed)),
    linkWindowMs: Math.round(policy.linkWindowMs / speed),
  };
}

/**
 * The attempt during which something happened.
 *
 * @param elapsedMs milliseconds since the request was accepted; negative (clock skew) counts as 0
 * @returns 0 before the first retry, n from the n-th on
 */
export function attemptAt(policy: RetryPolicy, elapsedMs: number): number {
  return policy.retryAfterMs.filter((at) => at <= elapsedMs).length;
}

/** Milliseconds after the request of the last retry. */
export function lastRetryMs(policy: RetryPolicy): number {
  return policy.retryAfterMs.at(-1) ?? 0;
}
