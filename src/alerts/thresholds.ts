/** Thresholds of the rules, with their defaults; durations in milliseconds of the upstream's clock. */

export interface Thresholds {
  /** Before the last retry within the link window: from then on a request is at risk. */
  readonly atRiskLeadMs: number;
  /** After the submission without a response. */
  readonly unconfirmedAfterMs: number;
  /** Window and least count for the share of failed records. */
  readonly failureRateWindowMs: number;
  readonly failureRateMinRecords: number;
  /** 0 to 1. */
  readonly failureRate: number;
  /** Without any event, while requests are open. */
  readonly streamSilentMs: number;
  /** Of the 7 days that a journal holds. */
  readonly cursorAgeMs: number;
  readonly queueLagMs: number;
  /** Forecast: fires when the quota runs out within this time. */
  readonly quotaHorizonMs: number;
  /** Dead letters that are neither redriven nor discarded. */
  readonly deadLetters: number;
  /** Without a new finding, an alert about terminal states is over. */
  readonly quietMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const DEFAULT_THRESHOLDS: Thresholds = {
  atRiskLeadMs: 15 * MINUTE,
  unconfirmedAfterMs: 10 * MINUTE,
  failureRateWindowMs: 15 * MINUTE,
  failureRateMinRecords: 1_000,
  failureRate: 0.1,
  streamSilentMs: 90 * MINUTE,
  cursorAgeMs: 24 * HOUR,
  queueLagMs: 10 * MINUTE,
  quotaHorizonMs: 2 * HOUR,
  deadLetters: 1,
  quietMs: 4 * HOUR,
};
