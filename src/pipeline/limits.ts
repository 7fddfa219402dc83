/**
 * Limits of the pipeline: how much is joined into one append, how much may wait, how much is remembered.
 */
export interface PipelineLimits {
  /** A batch is full at so many rows (raw events not counted on top of their facts). */
  readonly maxRows: number;
  /** A batch is full at so many bytes of payload. */
  readonly maxBytes: number;
  /** Shortest time from the start of one append to that of the next, unless a batch is full. */
  readonly maxAgeMs: number;
  /**
   * While little waits, that time is so many times as long as the last append took: a small append costs as much as a large one,
   * and shall leave the machine to others.
   */
  readonly lightRest: number;
  /** But no more than so many times `maxAgeMs`. */
  readonly lightAges: number;
  /** Little waits: fewer parcels than this, with fewer rows than `lightRows`. */
  readonly lightParcels: number;
  readonly lightRows: number;
  /** Appends that run at once; all but one of them only for full batches. */
  readonly appendsAtOnce: number;
  /** Payload that may wait, in bytes; one delivery is always let in. */
  readonly bufferBytes: number;
  /** Events and facts that may wait. */
  readonly bufferEvents: number;
  /** Ids of stored events that are remembered. */
  readonly rememberedIds: number;
  /** Longest body of a dead letter, in bytes; more than a journal page has. */
  readonly deadLetterBytes: number;
}

export const PIPELINE_LIMITS: PipelineLimits = {
  maxRows: 60_000,
  maxBytes: 32 * 1024 * 1024,
  maxAgeMs: 50,
  lightRest: 4,
  lightAges: 4,
  lightParcels: 8,
  lightRows: 2_000,
  appendsAtOnce: 2,
  bufferBytes: 64 * 1024 * 1024,
  bufferEvents: 200_000,
  rememberedIds: 500_000,
  deadLetterBytes: 2 * 1024 * 1024,
};
