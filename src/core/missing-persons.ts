/**
 * Missing persons: link values of requests that nobody has upserted, as far as submissions told.
 *
 * A person counts as soon as a submission with the same digest, to the same instance, was accepted, before the link or after
 * it. One that was refused or never answered does not count (unless the stream adopts it), nor one of whose request every
 * record failed. Where only some failed, it does: results name no records. Whether it counts is the fold's to say; the store
 * leaves out what it would surely count.
 */
import type { Ledger } from "./ledger.ts";
import { isTerminal, type Lifecycle, type LifecycleState } from "./lifecycle.ts";
import type { LinkKeyReader, LinkWait } from "./link-ports.ts";

export interface MissingPerson {
  readonly instance: string;
  readonly digest: string;
  /** The newest submission of this person, which came to nothing; null: there is none. */
  readonly vain: Lifecycle | null;
}

export interface MissingPersons {
  /** Distinct link values, of the requests together. */
  readonly of: number;
  /** By instance and digest. */
  readonly missing: readonly MissingPerson[];
}

export interface MissingPersonsReader {
  /** @returns undefined where no submission told link values; beyond MOST_REQUESTS the first ones count */
  missingOf(requests: readonly Lifecycle[]): Promise<MissingPersons | undefined>;
  /** How many persons those among the requests that wait miss together; null: not known, or nothing waits. */
  countMissing(requests: readonly Lifecycle[]): Promise<number | null>;
  /** Since when and by how many requests the missing are waited for, by digest. */
  waitsFor(missing: readonly MissingPerson[]): Promise<Map<string, LinkWait>>;
}

/** Requests that are asked about at once. */
export const MOST_REQUESTS = 1_000;

/** Of a person that was accepted, of all that follows at most this means that nobody is there. */
const VAIN: readonly LifecycleState[] = ["unconfirmed", "rejected", "failed", "aborted"];

export function createMissingPersonsReader(
  store: LinkKeyReader,
  ledger: Pick<Ledger, "getMany">,
): MissingPersonsReader {
  async function missingOf(requests: readonly Lifecycle[]): Promise<MissingPersons | undefined> {
    const { total, doubtful } = await store.linkStanding(requests.slice(0, MOST_REQUESTS).flatMap(idsOf));
    if (total === 0) return undefined;
    const vain = new Set(doubtful.flatMap((one) => one.personRequestIds));
    const folded = vain.size === 0 ? new Map<string, Lifecycle>() : await ledger.getMany([...vain]);
    const missing: MissingPerson[] = [];
    for (const { instance, digest, personRequestIds } of doubtful) {
      const persons = personRequestIds.flatMap((id) => folded.get(id) ?? []);
      if (persons.every((person) => VAIN.includes(person.state))) {
        missing.push({ instance, digest, vain: persons[0] ?? null });
      }
    }
    return { of: total, missing };
  }

  return {
    missingOf,
    async countMissing(requests) {
      const waiting = requests.filter(awaitsPersons);
      if (waiting.length === 0) return null;
      return (await missingOf(waiting))?.missing.length ?? null;
    },
    async waitsFor(missing) {
      const [first] = missing;
      if (first === undefined) return new Map();
      return store.linkWaits(
        first.instance,
        missing.map((one) => one.digest),
      );
    },
  };
}

/** Whether records of it may still wait for a person, or have been given up for want of one. */
export function awaitsPersons(one: Lifecycle): boolean {
  return one.linkBearing && (!isTerminal(one.state) || one.state === "exhausted");
}

/** Records that wait for their persons, or were given up: link values may be fewer, or the persons older than what is kept. */
export function waitingRecords(one: Lifecycle): number {
  return awaitsPersons(one) ? one.tally.outstanding + one.tally.linkFailed : 0;
}

/** The ids under which its digests lie: a submission that was adopted told them under its own. */
function idsOf(one: Lifecycle): string[] {
  return one.adopted ? [one.requestId, ...one.submissions.map((fact) => fact.submissionId)] : [one.requestId];
}
