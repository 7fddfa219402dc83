/**
 * Whom the requests behind an alert wait for, together: the newest of its members count, up to a bound.
 *
 * Asked when the hooks are told, not when members change: persons come and go without an event of these requests.
 */
import type { AlertMissingPersons } from "../core/alert.ts";
import type { AlertReader } from "../core/alert-ports.ts";
import type { Ledger } from "../core/ledger.ts";
import { type MissingPersonsReader, MOST_REQUESTS } from "../core/missing-persons.ts";
import type { Clock } from "../core/ports.ts";

export interface AlertPersonsParts {
  readonly store: Pick<AlertReader, "membersOf">;
  readonly ledger: Pick<Ledger, "getMany">;
  readonly persons: Pick<MissingPersonsReader, "missingOf">;
  readonly clock: Pick<Clock, "now">;
}

/** Digests that an alert names. */
const SAMPLE = 10;

/** @returns null where no submission told link values */
export async function missingPersonsOf(
  { store, ledger, persons, clock }: AlertPersonsParts,
  alertId: string,
): Promise<AlertMissingPersons | null> {
  const folded = await ledger.getMany(await store.membersOf(alertId, MOST_REQUESTS));
  const requests = [...folded.values()];
  const found = await persons.missingOf(requests);
  if (found === undefined) return null;
  const askedAt = clock.now();
  const ends = requests.map((one) => one.retry?.windowEndsAt ?? 0).filter((at) => at > askedAt);
  return {
    count: found.missing.length,
    of: found.of,
    sample: found.missing.slice(0, SAMPLE).map((person) => person.digest),
    askedAt,
    windowEndsAt: ends.length === 0 ? null : Math.min(...ends),
  };
}
