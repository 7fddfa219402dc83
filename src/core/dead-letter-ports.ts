/**
 * Ports of dead letters, once they are stored: finding them, and what becomes of them.
 */
import type { DeadLetter } from "./ports.ts";

/** Of dead letters; what is absent lets all through. */
export interface DeadLetterFilter {
  readonly code?: string | undefined;
  readonly path?: string | undefined;
  /** Arrived then or later, epoch milliseconds. */
  readonly since?: number | undefined;
}

/** A place in the list, which runs from new to old. */
export interface DeadLetterPosition {
  readonly at: number;
  readonly deadLetterId: string;
}

/** `discarded`: nobody wants it; the same input stays discarded when it comes again. */
export type DeadLetterState = "waiting" | "redriven" | "discarded";

/** A dead letter in whatever state; one that does not wait any more has lost its body. */
export interface KnownDeadLetter extends DeadLetter {
  readonly state: DeadLetterState;
  /** When it was redriven or discarded, epoch milliseconds; null: it waits. */
  readonly settledAt: number | null;
}

/** Lists, counts and searches by filter see only those that wait. */
export interface DeadLetterStore {
  listDeadLetters(
    filter: DeadLetterFilter,
    limit: number,
    after: DeadLetterPosition | undefined,
  ): Promise<DeadLetter[]>;
  /** Those that wait among the ids. */
  findDeadLetters(ids: readonly string[]): Promise<DeadLetter[]>;
  findDeadLetter(id: string): Promise<KnownDeadLetter | undefined>;
  /** How many wait, by code. */
  deadLettersByCode(): Promise<Map<string, number>>;
  /** @returns how many waited, and do so no longer */
  settleDeadLetters(
    which: readonly string[] | DeadLetterFilter,
    state: Exclude<DeadLetterState, "waiting">,
    at: number,
  ): Promise<number>;
}
