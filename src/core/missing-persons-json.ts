/** The missing persons of one request as the API gives them; what is not known is null, never 0. */
import { timeText } from "./lifecycle-json.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { awaitsPersons, type MissingPerson, type MissingPersons, waitingRecords } from "./missing-persons.ts";
import type { LinkWait } from "./link-ports.ts";

export interface MissingPersonsPage {
  /** undefined: its submissions told no link values. */
  readonly persons: MissingPersons | undefined;
  readonly items: readonly MissingPerson[];
  readonly waits: ReadonlyMap<string, LinkWait>;
  readonly nextCursor: string | null;
}

/** @param now epoch milliseconds */
export function missingPersonsJson(one: Lifecycle, page: MissingPersonsPage, now: number) {
  const { persons, items, waits, nextCursor } = page;
  const windowEndsAt = one.retry?.windowEndsAt ?? null;
  return {
    requestId: one.requestId,
    state: one.state,
    known: persons !== undefined,
    linkValues: persons?.of ?? null,
    missing: persons === undefined ? null : awaitsPersons(one) ? persons.missing.length : 0,
    waitingRecords: waitingRecords(one),
    windowEndsAt: timeText(windowEndsAt),
    remainingMs: windowEndsAt === null ? null : Math.max(0, windowEndsAt - now),
    items: items.map(({ digest, vain }) => ({
      digest,
      waitedSince: timeText(waits.get(digest)?.since ?? one.t0),
      requests: waits.get(digest)?.requests ?? 1,
      inVain:
        vain === null
          ? null
          : { requestId: vain.requestId, state: vain.state, submittedAt: timeText(vain.submittedAt) },
    })),
    nextCursor,
  };
}

export type MissingPersonsJson = ReturnType<typeof missingPersonsJson>;
