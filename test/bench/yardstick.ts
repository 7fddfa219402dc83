/**
 * The yardstick: the engine itself, loading the rows that ingest makes of a journal from local files into the same tables.
 */
import { openSync, writeSync, closeSync } from "node:fs";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { INSERT_SETTINGS, settingsClause } from "../../src/store/client-settings.ts";
import { encodeFact, FACT_COLUMNS } from "../../src/store/fact-row.ts";
import { check } from "./benchmark.ts";
import { openEngineProcess } from "./engine.ts";
import { eventTexts } from "./results-load.ts";

const EVENT_COLUMNS = ["event_id", "type", "time", "instance", "body", "path", "source"];

export interface RowFiles {
  readonly facts: string;
  readonly events: string;
  readonly results: number;
}

/** Rows as the pipeline makes them, in files of the directory. */
export function writeRowFiles(
  directory: string,
  load: { events: number; requestsPerEvent: number; bodies: boolean },
): RowFiles {
  const files = { facts: `${directory}/facts.jsonl`, events: `${directory}/events.jsonl` };
  const facts = openSync(files.facts, "w");
  const events = openSync(files.events, "w");
  for (const text of eventTexts({ ...load, seed: "yardstick" })) {
    const one = decodeEvent(JSON.parse(text));
    writeSync(facts, one.facts.map((fact) => `${encodeFact(fact)}\n`).join(""));
    const row = [
      one.eventId,
      one.type,
      one.time,
      one.instance,
      load.bodies ? text : "",
      "journal",
      "journal",
    ];
    writeSync(events, `${JSON.stringify(row)}\n`);
  }
  closeSync(facts);
  closeSync(events);
  return { ...files, results: load.events * load.requestsPerEvent };
}

/** @returns results a second; facts first, then events, as the pipeline does */
export async function measureEngine(dataDir: string, files: RowFiles): Promise<number> {
  const engine = await openEngineProcess(dataDir);
  try {
    const load = async (table: string, columns: readonly string[], file: string): Promise<number> => {
      const types = await engine.query<{ name: string; type: string }>(
        `SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = '${table}'`,
      );
      const typeOf = new Map(types.map(({ name, type }) => [name, type]));
      const structure = columns.map((name) => `${name} ${typeOf.get(name)}`).join(", ");
      const quoted = structure.replace(/['\\]/g, "\\$&");
      return engine.command(
        `INSERT INTO ${table} (${columns.join(", ")})
         SELECT * FROM file('${file}', JSONCompactEachRow, '${quoted}')
         SETTINGS ${settingsClause(INSERT_SETTINGS)}`,
      );
    };
    const ms =
      (await load("incoming_facts", FACT_COLUMNS, files.facts)) +
      (await load("events", EVENT_COLUMNS, files.events));
    const [row] = await engine.query<{ n: string }>("SELECT uniqExact(request_id, fact_id) AS n FROM facts");
    check(Number(row?.n) === files.results, `${row?.n} facts of ${files.results} by the engine`);
    return files.results / (ms / 1_000);
  } finally {
    await engine.close();
  }
}
