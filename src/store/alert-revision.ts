/**
 * Revisions: which of several rows of one thing counts, when the clock alone cannot tell.
 *
 * Milliseconds × 1000 plus a counter: it grows with every row of this process, whatever its clock does, and from one
 * process to the next as their clocks do.
 */

const PER_MILLISECOND = 1_000;

/** @returns a function that gives a higher number each time; below 2^53 until the year 2255 */
export function createRevisions(now: () => number = Date.now): () => number {
  let last = 0;
  return () => (last = Math.max(last + 1, now() * PER_MILLISECOND));
}
