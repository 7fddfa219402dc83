/**
 * Journal positions: opaque to readers, a sequence number to us.
 *
 * A position names its journal and that journal's lifetime, so that one from before a restart is seen to be expired.
 */

/** Positions of one journal lifetime. */
export interface Positions {
  format(sequence: number): string;
  /** The sequence number, or why there is none. */
  parse(position: string): number | "foreign" | "invalid";
}

/** @param lifetime letters and digits */
export function createPositions(lifetime: string): Positions {
  const prefix = `sim:${lifetime}.`;
  return {
    format: (sequence) => prefix + sequence.toString(36),
    parse(position) {
      const match = /^sim:([A-Za-z0-9]+)\.([0-9a-z]{1,10})$/.exec(position);
      if (match?.[2] === undefined) return "invalid";
      return match[1] === lifetime ? Number.parseInt(match[2], 36) : "foreign";
    },
  };
}

/**
 * Milliseconds of a negative ISO 8601 duration in days and smaller units, such as `-PT2H` or `-P1DT30M`.
 *
 * @returns null if it is none
 */
export function parseSeek(seek: string): number | null {
  const match = /^-P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(seek);
  if (match === null || match.slice(1).every((part) => part === undefined)) return null;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000;
}
