/**
 * What the pipeline tells whoever measures it. Durations are the observer's to take: the pipeline has no clock but
 * the one it was given.
 */
import type { Receipt, SourcePath } from "../core/ports.ts";

/** How an append ended: stored, the store away, or its rows refused. */
export type AppendOutcome = "stored" | "unavailable" | "refused";

export interface PipelineObserver {
  /** A delivery became durable, with these counts. */
  delivered?(path: SourcePath, source: string, receipt: Receipt): void;
  /** A delivery was turned away, with a code of the catalogue. */
  refused?(path: SourcePath, source: string, code: string): void;
  /** An append begins. @returns what to call at its end */
  appending?(rows: number, bytes: number): (outcome: AppendOutcome) => void;
  /** A dead letter became durable, with a code of the catalogue. */
  buried?(code: string): void;
  /** What waits to be stored. */
  buffered?(bytes: number, events: number): void;
}
