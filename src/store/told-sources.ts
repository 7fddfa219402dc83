/** What processes tell each other of their sources, by ClickHouse's clock. */
import type { SourceStatus } from "../core/ports.ts";
import type { SourceBoard } from "../core/source-ports.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

const COLUMNS = [
  "holder",
  "name",
  "path",
  "state",
  "last_read_at",
  "last_event_at",
  "covered_until",
  "fault",
];

interface ToldRow {
  readonly name: string;
  readonly path: SourceStatus["path"];
  readonly state: SourceStatus["state"];
  readonly read_ms: string | null;
  readonly event_ms: string | null;
  readonly covered_ms: string | null;
  readonly fault: string;
}

export function createSourceBoard(client: StoreClient): SourceBoard {
  return {
    async tellSources(holder, statuses) {
      const rows = statuses.map(
        ({ name, path, state, lastReadAt, lastEventAt, coveredUntil, fault }) =>
          `[${quote(holder)},${quote(name)},"${path}","${state}",${lastReadAt},${lastEventAt},${coveredUntil},${quote(fault ?? "")}]`,
      );
      await client.insert("told_sources", COLUMNS, rows.join("\n"));
    },
    async sourcesElsewhere(holder, withinMs) {
      const rows = await client.query<ToldRow>(
        `SELECT name, path, state, toUnixTimestamp64Milli(last_read_at) AS read_ms,
                toUnixTimestamp64Milli(last_event_at) AS event_ms, toUnixTimestamp64Milli(covered_until) AS covered_ms, fault
         FROM told_sources FINAL
         WHERE holder != {holder:String} AND told_at > now64(3) - toIntervalMillisecond({withinMs:UInt32})
         ORDER BY name, told_at DESC`,
        { holder, withinMs },
      );
      return rows.map(({ name, path, state, read_ms, event_ms, covered_ms, fault }) => ({
        name,
        path,
        state,
        lastReadAt: numberOf(read_ms),
        lastEventAt: numberOf(event_ms),
        coveredUntil: numberOf(covered_ms),
        fault: fault === "" ? null : fault,
      }));
    },
  };
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
