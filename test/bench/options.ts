/**
 * What a run is told: which benchmarks, how large, where to.
 */
import { parseArgs } from "node:util";

export interface RunOptions {
  /** Empty: all. */
  readonly names: readonly string[];
  readonly quick: boolean;
  /** Facts in the store that grows. */
  readonly scales: readonly number[];
  readonly json: string;
  readonly compare: string | undefined;
  /** The service writes CPU profiles into `.bench/profiles`. */
  readonly profile: boolean;
}

export const USAGE = `npm run bench -- [names…] [options]
  --quick          small sizes: tells that all works, not how fast
  --scale LIST     facts in the store that grows (default 1000000,10000000,50000000)
  --json FILE      where the figures go (default .bench/latest.json)
  --compare FILE   also print the ratio to the figures of a saved run
  --profile        the service writes CPU profiles into .bench/profiles; their tops are printed`;

/** @throws TypeError for what is no option */
export function parseOptions(args: readonly string[]): RunOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      scale: { type: "string" },
      json: { type: "string", default: ".bench/latest.json" },
      compare: { type: "string" },
      profile: { type: "boolean", default: false },
    },
  });
  const scale = values.scale ?? (values.quick ? "20000,60000" : "1000000,10000000,50000000");
  const scales = scale.split(",").map(Number);
  const isGrowing = scales.every((one, i) => Number.isInteger(one) && one >= (scales[i - 1] ?? 0) + 10_000);
  if (!isGrowing) throw new TypeError(`--scale: expected numbers that grow by 10000 or more, got ${scale}`);
  const { quick, json, compare, profile } = values;
  return { names: positionals, quick, scales, json, compare, profile };
}
