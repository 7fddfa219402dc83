/**
 * Dead letters: what could not be read, kept with its reason until it is redriven or discarded.
 *
 * Either takes the body, which may hold personal data, and leaves the rest, so that an id can be asked for until its TTL.
 */
import type {
  DeadLetterFilter,
  DeadLetterState,
  DeadLetterStore,
  KnownDeadLetter,
} from "../core/dead-letter-ports.ts";
import type { DeadLetter } from "../core/ports.ts";
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
  readonly discarded: number;
  readonly settled_ms: string | null;
}

/** A scrape of metrics waits for it. */
const COUNT_TIMEOUT_MS = 2_000;

/** By the column `discarded`. */
const STATES: readonly DeadLetterState[] = ["waiting", "redriven", "discarded"];

const SELECT = `
  SELECT dead_letter_id, toUnixTimestamp64Milli(at) AS at_ms, path, source, code, reason, event_id, body, encoding,
         discarded, toUnixTimestamp64Milli(settled_at) AS settled_ms
  FROM dead_letters FINAL`;

const SETTLE = `
  INSERT INTO dead_letters (dead_letter_id, at, path, source, code, reason, event_id, body, encoding, discarded,
                            changed_at, settled_at)
  SELECT dead_letter_id, at, path, source, code, reason, event_id, '', encoding, {state:UInt8},
         if({state:UInt8} = 2, toDateTime64('2200-01-01 00:00:00', 3, 'UTC'),
            greatest(fromUnixTimestamp64Milli({settledAt:Int64}, 'UTC'), changed_at + INTERVAL 1 MILLISECOND)),
         fromUnixTimestamp64Milli({settledAt:Int64}, 'UTC')
  FROM dead_letters FINAL`;

export function createDeadLetterStore(client: StoreClient): DeadLetterStore {
  return {
    async listDeadLetters(filter, limit, after) {
      const { where, params } = conditionOf(filter);
      const behind =
        after === undefined ? "" : "AND (at, dead_letter_id) < ({at:DateTime64(3, 'UTC')}, {id:String})";
      const rows = await client.query<DeadLetterRow>(
        `${SELECT} WHERE ${where} ${behind} ORDER BY at DESC, dead_letter_id DESC LIMIT {limit:UInt32}`,
        { ...params, limit, ...(after && { at: new Date(after.at), id: after.deadLetterId }) },
      );
      return rows.map(deadLetterOf);
    },
    async findDeadLetters(ids) {
      const { where, params } = conditionOf(ids);
      return (await client.query<DeadLetterRow>(`${SELECT} WHERE ${where}`, params)).map(deadLetterOf);
    },
    async findDeadLetter(id) {
      const [row] = await client.query<DeadLetterRow>(`${SELECT} WHERE dead_letter_id = {id:String}`, { id });
      return row && knownDeadLetterOf(row);
    },
    async deadLettersByCode() {
      const rows = await client.query<{ code: string; letters: string }>(
        "SELECT code, count() AS letters FROM dead_letters FINAL WHERE NOT discarded GROUP BY code",
        {},
        { abortSignal: AbortSignal.timeout(COUNT_TIMEOUT_MS) },
      );
      return new Map(rows.map((row) => [row.code, Number(row.letters)]));
    },
    async settleDeadLetters(which, state, at) {
      const { where, params } = conditionOf(which);
      const [found] = await client.query<{ letters: string }>(
        `SELECT count() AS letters FROM dead_letters FINAL WHERE ${where}`,
        params,
      );
      const letters = Number(found?.letters ?? 0);
      if (letters > 0) {
        await client.command(`${SETTLE} WHERE ${where}`, {
          ...params,
          state: STATES.indexOf(state),
          settledAt: at,
        });
      }
      return letters;
    },
  };
}

/** Those that wait. */
function conditionOf(which: readonly string[] | DeadLetterFilter): {
  where: string;
  params: Record<string, unknown>;
} {
  if (isIds(which)) {
    return { where: "NOT discarded AND dead_letter_id IN {ids:Array(String)}", params: { ids: which } };
  }
  const { code, path, since } = which;
  const conditions = ["NOT discarded"];
  if (code !== undefined) conditions.push("code = {code:String}");
  if (path !== undefined) conditions.push("path = {path:String}");
  if (since !== undefined) conditions.push("at >= {since:DateTime64(3, 'UTC')}");
  const params = { code, path, since: since === undefined ? undefined : new Date(Math.max(0, since)) };
  return {
    where: conditions.join(" AND "),
    params: Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)),
  };
}

function isIds(which: readonly string[] | DeadLetterFilter): which is readonly string[] {
  return Array.isArray(which);
}

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

function knownDeadLetterOf(row: DeadLetterRow): KnownDeadLetter {
  return {
    ...deadLetterOf(row),
    state: STATES[row.discarded] ?? "discarded",
    settledAt: row.settled_ms === null ? null : Number(row.settled_ms),
  };
}
