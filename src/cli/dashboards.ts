/**
 * `dashboards`: writes Grafana's dashboards and alert rules, as they come with this version, into a folder.
 */
import { Command } from "commander";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { After202Error } from "../core/errors.ts";

/** Made when the package is; as far from `src/cli` as from `dist/cli`. */
const GENERATED = new URL("../../dashboards/generated/", import.meta.url);

export function dashboardsCommand(): Command {
  return new Command("dashboards")
    .description("write the Grafana dashboards and alert rules into a folder")
    .requiredOption(
      "--out <folder>",
      "where to; made when it is missing, files of the same names are replaced",
    )
    .action(writeDashboards);
}

async function writeDashboards({ out }: { out: string }): Promise<void> {
  const names = (await readdir(GENERATED)).sort();
  try {
    await mkdir(out, { recursive: true });
    for (const name of names) await copyFile(fileURLToPath(new URL(name, GENERATED)), join(out, name));
  } catch (cause) {
    throw new After202Error("CONFIG_INVALID", `${out} cannot be written: choose another folder.`, { cause });
  }
  for (const name of names) process.stdout.write(`${join(out, name)}\n`);
}
