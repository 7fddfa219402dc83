/**
 * What really became of every request: the simulator's own books, which no fault can touch.
 *
 * Tests compare an observer's answers with them. Oldest rows are forgotten beyond a bound.
 */

export type TruthOutcome =
  | "pending"
  | "succeeded"
  | "partially_failed"
  | "failed"
  /** Link-field retries ran out, whether anyone was told or not. */
  | "exhausted"
  /** Records of a request without link fields were given up without a word; a bulk job was removed before its end. */
  | "overdue"
  | "aborted"
  | "rejected";

export interface TruthRow {
  readonly requestId: string;
  readonly correlationId: string;
  readonly requestSource: string;
  readonly instance: string;
  readonly objectType: string;
  readonly objectName: string | null;
  readonly operation: string;
  readonly priority: string;
  /** Of a bulk job the rows uploaded so far. */
  records: number;
  /** Some record carries a value in the object's link field. */
  readonly linkBearing: boolean;
  /** The status the service answered, even if the answer was lost on the way. */
  readonly httpStatus: number;
  readonly acceptedAt: string;
  /** Final truth of the records; failures that a later attempt took back are in `superseded` only. */
  created: number;
  updated: number;
  readonly failed: Record<string, number>;
  /** Failures that were reported, retried, and are not the end of their records. */
  readonly superseded: Record<string, number>;
  /** Records given up without any event. */
  lost: number;
  /** Results events put on the stream for this request (duplicates once), by CloudEvents id. */
  readonly eventIds: string[];
  /** Results events of this request that a fault kept from being delivered. */
  dropped: number;
  outcome: TruthOutcome;
  settledAt: string | null;
}

export interface Truth {
  add(row: TruthRow): void;
  get(requestId: string): TruthRow | undefined;
  rows(): IterableIterator<TruthRow>;
  size(): number;
}

export function createTruth(maxRequests: number): Truth {
  const rows = new Map<string, TruthRow>();
  return {
    add(row) {
      rows.set(row.requestId, row);
      if (rows.size <= maxRequests) return;
      const oldest = rows.keys().next().value;
      if (oldest !== undefined) rows.delete(oldest);
    },
    get: (requestId) => rows.get(requestId),
    rows: () => rows.values(),
    size: () => rows.size,
  };
}

/** The settled outcome of an accepted request, from what became of its records. */
export function evaluateOutcome(row: TruthRow, linkFailureCode: string): TruthOutcome {
  const failed = Object.values(row.failed).reduce((sum, count) => sum + count, 0);
  if ((row.failed[linkFailureCode] ?? 0) > 0) return "exhausted";
  if (row.lost > 0) return row.linkBearing ? "exhausted" : "overdue";
  if (failed === 0) return "succeeded";
  return failed >= row.records ? "failed" : "partially_failed";
}

/** Adds to one code's count. */
export function count(counts: Record<string, number>, code: string, by = 1): void {
  counts[code] = (counts[code] ?? 0) + by;
}
