/**
 * Bounds the values of a metric's label: names that come from outside could be any number, and each is a series for good.
 */

/** What stands for all values beyond the bound. */
const OTHERS = "others";

/** @returns a function that gives the first `most` distinct values back as they are, and `others` for those beyond */
export function createLabelBound(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return OTHERS;
    known.add(value);
    return value;
  };
}
