/** Dead letters: what could not be read, kept with its reason until it is redriven or discarded. */
import type { DeadLetter, DeadLetterStore } from "../core/ports.ts";
import type { StoreClient } from "./client.ts";

interface DeadLetterRow {
  readonly dead_letter_id: string;
  readonly at_ms: string;
  readonly path: DeadLetter["path"];
  readonly source: string;
  readonly code: DeadLetter["code"];
  readonly reason: string;
  readonly event_id: string;
  readonly body: string;
  readonly encoding: DeadLetter["encoding"];
}

const SELECT = `
  SELECT dead_letter_id, toUnixTimestamp64Milli(at) AS at_ms, path, source, code, reason, event_id, body, encoding
  FROM dead_letters FINAL
  WHERE NOT discarded`;

function deadLetterOf(row: DeadLetterRow): DeadLetter {
  return {
    deadLetterId: row.dead_letter_id,
    at: Number(row.at_ms),
    path: row.path,
    source: row.source,
    code: row.code,
    reason: row.reason,
    eventId: row.event_id,
    body: row.body,
    encoding: row.encoding,
  };
}

export function createDeadLetterStore(client: StoreClient): DeadLetterStore {
  return {
    async listDeadLetters(limit, after) {
      const rows = await client.query<DeadLetterRow>(
        `${SELECT} AND dead_letter_id > {after:String} ORDER BY dead_letter_id LIMIT {limit:UInt32}`,
        { after: after ?? "", limit },
      );
      return rows.map(deadLetterOf);
    },
    async findDeadLetters(ids) {
      const rows = await client.query<DeadLetterRow>(`${SELECT} AND dead_letter_id IN {ids:Array(String)}`, {
        ids,
      });
      return rows.map(deadLetterOf);
    },
    async discardDeadLetters(ids, at) {
      if (ids.length === 0) return;
      await client.command(
        `INSERT INTO dead_letters (dead_letter_id, at, path, source, code, reason, event_id, body, encoding, discarded, changed_at)
         SELECT dead_letter_id, at, path, source, code, reason, event_id, '', encoding, 1,
                greatest(fromUnixTimestamp64Milli({changedAt:Int64}, 'UTC'), changed_at + INTERVAL 1 MILLISECOND)
         FROM dead_letters FINAL WHERE dead_letter_id IN {ids:Array(String)} AND NOT discarded`,
        { ids, changedAt: at },
      );
    },
  };
}
