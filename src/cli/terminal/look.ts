/**
 * How output may look on a stream: colours on a terminal only and never with NO_COLOR, width as wide as there is.
 */
import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

export interface Look {
  readonly colors: Colors;
  /** Columns for text; 100 where there is no terminal. */
  readonly width: number;
}

/** @param stream where the output goes */
export function createLook(
  stream: { isTTY?: boolean; columns?: number },
  env: NodeJS.ProcessEnv = process.env,
): Look {
  const coloured = stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  return { colors: picocolors.createColors(coloured), width: widthOf(stream) };
}

const LEAST_WIDTH = 40;
const WIDTH_WITHOUT_TERMINAL = 100;

function widthOf(stream: { isTTY?: boolean; columns?: number }): number {
  if (stream.isTTY !== true || !stream.columns) return WIDTH_WITHOUT_TERMINAL;
  return Math.max(LEAST_WIDTH, stream.columns);
}
