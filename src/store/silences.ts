/** Silences: of each the row with the highest revision counts; ending one moves its `until`. */
import type { AlertStore } from "../core/alert-ports.ts";
import type { Matcher, Silence } from "../core/silence.ts";
import type { StoreClient } from "./client.ts";
import { quote } from "./row-text.ts";

const COLUMNS = ["silence_id", "matchers", "starts_at", "until", "created_by", "comment", "revision"];

interface SilenceRow {
  readonly silence_id: string;
  readonly matchers: string;
  readonly starts_ms: string;
  readonly until_ms: string;
  readonly created_by: string;
  readonly comment: string;
}

const SELECT = `
  SELECT silence_id, matchers, toUnixTimestamp64Milli(starts_at) AS starts_ms,
         toUnixTimestamp64Milli(until) AS until_ms, created_by, comment
  FROM silences FINAL
  WHERE until > {now:DateTime64(3, 'UTC')}`;

function silenceOf(row: SilenceRow): Silence {
  return {
    silenceId: row.silence_id,
    matchers: JSON.parse(row.matchers) as Matcher[],
    startsAt: Number(row.starts_ms),
    until: Number(row.until_ms),
    createdBy: row.created_by,
    comment: row.comment,
  };
}

export function createSilenceStore(
  client: StoreClient,
  nextRevision: () => number,
): Pick<AlertStore, "silences" | "saveSilence" | "endSilence"> {
  async function saveSilence(one: Silence): Promise<void> {
    await client.insert(
      "silences",
      COLUMNS,
      `[${quote(one.silenceId)},${quote(JSON.stringify(one.matchers))},${one.startsAt},${one.until},` +
        `${quote(one.createdBy)},${quote(one.comment)},${nextRevision()}]`,
    );
  }
  return {
    saveSilence,
    /** Those that hold now or later, the first to end first. */
    async silences(now) {
      const rows = await client.query<SilenceRow>(`${SELECT} ORDER BY until, silence_id`, {
        now: new Date(now),
      });
      return rows.map(silenceOf);
    },
    async endSilence(silenceId, at) {
      const [row] = await client.query<SilenceRow>(`${SELECT} AND silence_id = {silenceId:String}`, {
        silenceId,
        now: new Date(at),
      });
      if (row === undefined) return false;
      await saveSilence({ ...silenceOf(row), until: at });
      return true;
    },
  };
}
