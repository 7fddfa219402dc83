/**
 * What digests stand for. Only the submitting side knows, and only on its own machine: the recorder keeps it there
 * (`linkValues: "file"`), sealed under LINK_KEY_SECRET; the service never has it. Keys that were sent plainly say it themselves.
 */
import { After202Error } from "../core/errors.ts";
import { plainValueOf } from "../recorder/link-keys.ts";
import { readLinkValues } from "../recorder/link-values.ts";

/** Values by digest, of those that are known here. */
export type LinkValues = (digests: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * @param directory the recorder's spool directory, if values lie there
 * @throws After202Error CONFIG_INVALID: a directory without LINK_KEY_SECRET
 */
export function openLinkValues(
  directory: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): LinkValues {
  const secret = env["LINK_KEY_SECRET"] ?? "";
  if (directory !== undefined && secret === "") {
    const problem = "--link-values: set LINK_KEY_SECRET to the recorder's; the values are sealed under it.";
    throw new After202Error("CONFIG_INVALID", problem, { details: [problem] });
  }
  return async (digests) => {
    const sealed = directory === undefined ? [] : await readLinkValues(directory, secret, new Set(digests));
    const plain = digests.flatMap((digest): [string, string][] => {
      const value = plainValueOf(digest);
      return value === undefined ? [] : [[digest, value]];
    });
    return new Map([...sealed, ...plain]);
  };
}
