/** The files of deploy/, as its tests read them. */
import { readdirSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { CLIENT_SETTINGS, SETTINGS } from "../../src/settings.ts";
import { CHECKOUT, read } from "../house/checkout.ts";

/** Paths of all files under deploy/, relative to the checkout, secrets that somebody made there excepted. */
export function deployedFiles(ending: string): string[] {
  return readdirSync(`${CHECKOUT}deploy`, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending) && !path.includes("secrets/"))
    .map((path) => `deploy/${path}`)
    .toSorted();
}

/** All documents of a YAML file. @throws Error where it is not YAML, or warns */
export function readYaml<T>(path: string): T[] {
  return parseAllDocuments(read(path), { merge: true }).map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw new Error(path, { cause: fault });
    return document.toJS() as T;
  });
}

/** Of these names of environment variables those that after202 would refuse, as no setting of it. */
export function unknownSettings(names: readonly string[]): string[] {
  const known = new Set<string>([...Object.keys(SETTINGS), ...CLIENT_SETTINGS, "NODE_ENV"]);
  return names.filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, "")));
}
