/** What a configuration that is refused is complained of. */
import { expect } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { After202Error } from "../../src/core/errors.ts";

/** All problems of a configuration that must not load. */
export function problems(...input: Parameters<typeof loadConfig>): readonly string[] {
  try {
    loadConfig(...input);
  } catch (error) {
    if (!(error instanceof After202Error)) throw error;
    expect(error.code).toBe("CONFIG_INVALID");
    return error.details as readonly string[];
  }
  throw new Error("the configuration was accepted");
}

/** The names that the problems start with, in their order. */
export function accused(...input: Parameters<typeof loadConfig>): string[] {
  return problems(...input).map((problem) => problem.split(/[ :=]/, 1)[0] ?? "");
}
