/**
 * Hours in which no request is in a state, as the hourly roll-up counted them and nothing has changed since: what is rare is
 * not looked for there.
 */
import type { StoreClient } from "./client.ts";
import { createHourlyStore } from "./hourly.ts";

export interface Hours {
  /** No hour before it was counted. */
  readonly first: number;
  /** Epoch milliseconds of their beginnings. */
  readonly areWithout: ReadonlySet<number>;
}

/** States that only the clock gives: no fact shows them, so that all that happened has to be looked through. */
const BY_THE_CLOCK = new Set(["overdue", "exhausted"]);
/** What arrived longer ago is not told any more. */
const CURSOR_HOLDS_MS = 2 * 24 * 3_600_000;

/** Undefined where that says nothing: each hour may hold some. */
export async function hoursThatMayHold(
  client: StoreClient,
  state: string | undefined,
): Promise<Hours | undefined> {
  if (state === undefined || !BY_THE_CLOCK.has(state)) return undefined;
  const hourly = createHourlyStore(client);
  const cursor = await hourly.hourlyCursor();
  if (cursor === undefined || (await hourly.storeNow()) - cursor > CURSOR_HOLDS_MS) return undefined;
  // first what is there, then what has changed: what changes in between is in the second answer
  const rows = await client.query<{ hour_ms: string }>(
    `SELECT toUnixTimestamp(hour) * 1000 AS hour_ms FROM hourly_rows FINAL
     WHERE NOT arrayExists(g -> g.state = {state:String} AND g.requests > 0, groups)`,
    { state },
  );
  const areWithout = new Set(rows.map((row) => Number(row.hour_ms)));
  for (const dirty of await hourly.dirtyHours(cursor)) areWithout.delete(dirty);
  return areWithout.size === 0 ? undefined : { first: Math.min(...areWithout), areWithout };
}
