/** The SQL files of the schema: numbered migrations, which never change, and views, which are made anew when they do. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { StoreError } from "./client-error.ts";

export interface MigrationFile {
  /** `NNN-name.sql`: NNN; 0 for a view. */
  readonly version: number;
  readonly name: string;
  readonly template: string;
}

/** In the order of their numbers. @throws StoreError MIGRATION_FAILED for a name without a number or a number twice */
export function loadMigrationFiles(directory: URL): MigrationFile[] {
  const files = loadSqlFiles(directory).map((file) => ({
    ...file,
    version: Number(/^\d{3,}(?=-)/.exec(file.name)?.[0]),
  }));
  for (const [index, { name, version }] of files.entries()) {
    const before = files[index - 1];
    if (!(version > 0))
      throw new StoreError("MIGRATION_FAILED", `${name}: a migration is named NNN-name.sql.`);
    if (before?.version === version) {
      throw new StoreError("MIGRATION_FAILED", `${before.name} and ${name} have the same number.`);
    }
  }
  return files.sort((a, b) => a.version - b.version);
}

/**
 * In the order of their names: one that reads another comes behind it (`010-first.sql`, `020-second.sql`).
 *
 * A file holds the SELECT of the view that has its name, or a whole CREATE OR REPLACE VIEW.
 */
export function loadViewFiles(directory: URL): MigrationFile[] {
  return loadSqlFiles(directory).map(({ name, template }) => {
    const view = name.replace(/^\d+-|\.sql$/g, "");
    const whole = /^\s*CREATE\b/m.test(template);
    const text = whole ? template : `CREATE OR REPLACE VIEW ${view} {{on_cluster}} AS\n${template}`;
    return { version: 0, name, template: text };
  });
}

function loadSqlFiles(directory: URL): { name: string; template: string }[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => ({
      name,
      template: readFileSync(new URL(name, directory), "utf8").replaceAll("\r\n", "\n"),
    }));
}

export function checksumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
