/**
 * The yardstick: the engine itself, loading the rows that ingest makes of a journal from local files into the same tables.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { encodeFact, FACT_COLUMNS } from "../../src/core/fact-row.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import { RowWriter } from "../../src/core/row-writer.ts";
import { INSERT_SETTINGS, settingsClause } from "../../src/store/client-settings.ts";
import { check } from "./benchmark.ts";
import { openEngineProcess } from "./engine.ts";
import { eventTexts } from "./results-load.ts";

const EVENT_COLUMNS = {
  event_id: "String",
  type: "String",
  time: "DateTime64(3, 'UTC')",
  instance: "String",
  body: "String",
  path: "String",
  source: "String",
};

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
  const files = { facts: `${directory}/facts.bin`, events: `${directory}/events.bin` };
  const facts = openSync(files.facts, "w");
  const events = openSync(files.events, "w");
  for (const text of eventTexts({ ...load, seed: "yardstick" })) {
    const one = decodeEvent(JSON.parse(text));
    const factRows = new RowWriter(8_192);
    for (const fact of one.facts) encodeFact(fact, factRows);
    writeSync(facts, factRows.written());
    const eventRow = new RowWriter(8_192);
    eventRow.string(one.eventId);
    eventRow.string(one.type);
    eventRow.reserve(8);
    eventRow.int64(one.time);
    for (const column of [one.instance, load.bodies ? text : "", "journal", "journal"])
      eventRow.string(column);
    writeSync(events, eventRow.written());
  }
  closeSync(facts);
  closeSync(events);
  return { ...files, results: load.events * load.requestsPerEvent };
}

/** @returns results a second; facts first, then events, as the pipeline does */
export async function measureEngine(dataDir: string, files: RowFiles): Promise<number> {
  const engine = await openEngineProcess(dataDir);
  try {
    const load = (
      table: string,
      columns: Readonly<Record<string, string>>,
      file: string,
    ): Promise<number> => {
      const structure = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
      const quoted = structure.join(", ").replace(/['\\]/g, "\\$&");
      return engine.command(
        `INSERT INTO ${table} (${Object.keys(columns).join(", ")})
         SELECT * FROM file('${file}', RowBinary, '${quoted}')
         SETTINGS ${settingsClause(INSERT_SETTINGS)}`,
      );
    };
    const factsMs = await load("incoming_facts", FACT_COLUMNS, files.facts);
    const eventsMs = await load("events", EVENT_COLUMNS, files.events);
    const [row] = await engine.query<{ n: string }>("SELECT uniqExact(request_id, fact_id) AS n FROM facts");
    check(Number(row?.n) === files.results, `${row?.n} facts of ${files.results} by the engine`);
    return files.results / ((factsMs + eventsMs) / 1_000);
  } finally {
    await engine.close();
  }
}
