/**
 * From when on a journal has been read without a gap.
 */
import { provenFrom } from "../core/coverage.ts";

export class ReadInterval {
  /** Epoch milliseconds; null while nothing has been read. */
  from: number | null = null;
  private wanted: number | null = null;
  private readonly longestSilenceMs: number;

  constructor(longestSilenceMs: number) {
    this.longestSilenceMs = longestSilenceMs;
  }

  /** Reading begins anew; from `wanted` on nothing is to be missing. */
  begin(wanted: number | null): void {
    this.from = null;
    this.wanted = wanted;
  }

  /** Something was read. @param first time of its first event, or of the end of the journal */
  note(first: number): void {
    this.from ??= this.wanted === null ? first : provenFrom(this.wanted, first, this.longestSilenceMs);
  }
}
