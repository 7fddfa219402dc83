/**
 * Work on the store that must be done: tried until it succeeds, with the fault told meanwhile.
 */
import type { Clock, Intake } from "../core/ports.ts";
import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "../core/backoff.ts";
import type { FaultBoard } from "./fault-board.ts";

export interface Insistence {
  readonly clock: Clock;
  readonly intake: Pick<Intake, "ready">;
  readonly board: FaultBoard;
  readonly backoff?: Backoff | undefined;
  readonly random?: (() => number) | undefined;
}

/** Rejects only when the signal aborts. */
export async function insist<T>(
  { clock, intake, board, backoff = DEFAULT_BACKOFF, random = Math.random }: Insistence,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      const result = await work();
      board.clear("store");
      return result;
    } catch (error) {
      signal.throwIfAborted();
      board.raise("store", error instanceof Error ? error.message : String(error));
      await clock.sleep(backoffMs(backoff, failures, random()), signal);
      await intake.ready(signal);
    }
  }
}
