/**
 * Figures: what a benchmark found, in one number with its spread, and what was aimed at.
 */

/** What a figure is to reach; `p99` of a figure whose median is judged too stands beside it. */
export interface Aim {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly p99AtMost?: number;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  /** null: too few samples, or of no meaning. */
  readonly p99: number | null;
  /** Samples. */
  readonly n: number;
  readonly aim: Aim | null;
  /** null: nothing was aimed at, or the samples were too few to tell. */
  readonly ok: boolean | null;
}

const MIN_FOR_P99 = 50;

/** A figure of many samples, or of the few that there are. */
export function figureOf(name: string, unit: string, samples: readonly number[], aim?: Aim): Figure {
  const p99 = samples.length >= MIN_FOR_P99 ? quantile(samples, 0.99) : null;
  return judged(name, unit, quantile(samples, 0.5), p99, samples.length, aim);
}

export function judged(
  name: string,
  unit: string,
  median: number,
  p99: number | null,
  n: number,
  aim?: Aim,
): Figure {
  return {
    name,
    unit,
    median,
    p99,
    n,
    aim: aim ?? null,
    ok: aim === undefined ? null : fits(median, p99, aim),
  };
}

/** @returns null where the samples were too few to tell */
function fits(median: number, p99: number | null, { atLeast, atMost, p99AtMost }: Aim): boolean | null {
  if (median < (atLeast ?? -Infinity) || median > (atMost ?? Infinity)) return false;
  if (p99AtMost === undefined) return true;
  return p99 === null ? null : p99 <= p99AtMost;
}

/** @param share between 0 and 1; of an even number of samples the lower one in the middle */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort();
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error("a figure without samples");
  return value;
}
