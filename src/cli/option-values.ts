/** Values of options; what does not fit is told at once, before anything starts. */
import { InvalidArgumentError } from "commander";
import { parseDuration } from "../core/duration.ts";

/** @returns milliseconds */
export function durationValue(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new InvalidArgumentError("Expected a duration such as 65m, 90s, 1h30m or PT1H.");
  return ms;
}

export function positiveValue(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("Expected a number above 0.");
  }
  return value;
}

export function countValue(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("Expected a whole number from 1.");
  }
  return value;
}

/** A list from a fixed set, separated by commas. */
export function listValue<const T extends string>(allowed: readonly T[]): (text: string) => T[] {
  return (text) => {
    const given = text.split(",").map((one) => one.trim());
    return given.map((one) => {
      const found = allowed.find((name) => name === one);
      if (found === undefined) throw new InvalidArgumentError(`Expected some of ${allowed.join(", ")}.`);
      return found;
    });
  };
}
