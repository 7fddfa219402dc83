/**
 * `migrate`: brings the database to this program's schema; doing it twice changes nothing.
 */
import { Command } from "commander";

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("bring the database to this version's schema")
    .option("--json", "for programs")
    .action(migrate);
}

async function migrate(options: { json?: true }): Promise<void> {
  const { loadConfigFromProcess } = await import("../config.ts");
  const config = loadConfigFromProcess();
  const { openLocalStore } = await import("./local-store.ts");
  const store = await openLocalStore(config);
  const { applied, version } = store.migrated;
  await store.close();
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ applied, version }, undefined, 2)}\n`);
    return;
  }
  for (const name of applied) process.stdout.write(`applied ${name}\n`);
  const said = applied.length === 0 ? "nothing to do" : `${applied.length} applied`;
  process.stdout.write(`schema ${version}: ${said}\n`);
}
