/** Ports of sources: what processes that share a store tell each other of theirs. */
import type { SourceStatus } from "./ports.ts";

export interface SourceBoard {
  /** @param holder the process whose they are */
  tellSources(holder: string, statuses: readonly SourceStatus[]): Promise<void>;
  /** What others than the holder have told of in the last `withinMs`. */
  sourcesElsewhere(holder: string, withinMs: number): Promise<SourceStatus[]>;
}
