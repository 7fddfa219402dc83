/**
 * What is inferred over a gap of the stream says so: the events that would tell may have been lost.
 */
import type { Lifecycle } from "./lifecycle.ts";
import type { CoverageGap } from "./ports.ts";

/**
 * The lifecycle, with the anomaly `gap` where its state is inferred and the stream had a gap between its beginning and
 * then, that nothing has read since.
 *
 * @param now the time at which it was folded, epoch milliseconds
 */
export function markGap(one: Lifecycle, gaps: readonly CoverageGap[], now: number): Lifecycle {
  if (one.evidence !== "inferred" || one.target !== "marketo") return one;
  if (one.adopted && one.tally.outstanding === 0) return one; // who it is was inferred; what became of it was told
  const until = one.settledAt ?? now;
  const isHidden = gaps.some((gap) => gap.from <= until && gap.until >= one.t0);
  return isHidden ? { ...one, anomalies: [...one.anomalies, "gap"] } : one;
}
