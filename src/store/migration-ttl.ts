/**
 * How long rows are kept: the `TTL` clauses of the migrations, wherever they name a setting (`{{retention_days}}`).
 *
 * A setting may change later, a migration never: so after the migrations each such clause is set anew, unless it stands
 * recorded as it reads now. The last clause of a table counts.
 */
import type { MigrationFile } from "./migration-files.ts";
import { splitStatements } from "./migration-template.ts";

export interface TableTtl {
  readonly table: string;
  /** `ALTER TABLE … MODIFY TTL …`, a template like a migration. */
  readonly template: string;
}

export function loadTtls(files: readonly MigrationFile[]): TableTtl[] {
  const clauses = new Map<string, string>();
  for (const text of files.flatMap(({ template }) => splitStatements(template))) {
    const table = /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE)\s+\{\{\s*table\s+(\w+)\s*\}\}/.exec(text)?.[1];
    const clause = /(?:^|\bMODIFY\s+)TTL\s+(.+?)(?=\s+SETTINGS\b|(?![^]))/ms.exec(text)?.[1];
    if (table !== undefined && clause?.includes("{{")) clauses.set(table, clause);
  }
  return [...clauses].map(([table, clause]) => ({
    table,
    template: `ALTER TABLE {{table ${table}}} {{on_cluster}} MODIFY TTL ${clause};`,
  }));
}
