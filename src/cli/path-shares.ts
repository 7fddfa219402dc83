/**
 * Shares of events to which something happens: on all paths of the stream alike (`0.05`), or on some (`sse=0.05,journal=0.1`).
 */
import { InvalidArgumentError } from "commander";
import { STREAM_PATHS, type StreamPath } from "../simulator/stream/paths.ts";

export interface PathShares {
  /** Of events, before they take their paths. */
  readonly all: number;
  readonly byPath: Readonly<Partial<Record<StreamPath, number>>>;
}

/** @throws InvalidArgumentError */
export function parsePathShares(text: string): PathShares {
  let all = 0;
  const byPath: Partial<Record<StreamPath, number>> = {};
  for (const part of text.split(",")) {
    const [name = "", value] = part.split("=").map((word) => word.trim());
    if (value === undefined) {
      all = parseShare(name);
      continue;
    }
    const path = STREAM_PATHS.find((one) => one === name);
    if (path === undefined) throw new InvalidArgumentError(`paths are ${STREAM_PATHS.join(", ")}`);
    byPath[path] = parseShare(value);
  }
  return { all, byPath };
}

/** @throws InvalidArgumentError */
export function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError("not a share between 0 and 1");
  }
  return value;
}
