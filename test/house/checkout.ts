/** The checkout, as the house checks read it. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));

/** Paths of all files with this ending under a folder, relative to the checkout. */
export function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(CHECKOUT + folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => `${folder}/${path}`)
    .toSorted();
}

export function read(path: string): string {
  return readFileSync(CHECKOUT + path, "utf8");
}

/** The cells of a table of the README, without its head; `nth` of those below the heading, from 0. */
export function readmeTable(heading: string, nth = 0): string[][] {
  const section = read("README.md")
    .split(/^(?=#{2,3} )/m)
    .find((text) => text.startsWith(`## ${heading}\n`));
  const table =
    section
      ?.match(/(^\|.*\n)+/gm)
      ?.[nth]?.trim()
      .split("\n") ?? [];
  return table.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map(plain),
  );
}

/** Without the marks of code. */
export function plain(cell: string): string {
  return cell.trim().replaceAll("`", "").replaceAll("\\|", "|");
}
