/**
 * The circuit of one hook: a receiver that keeps failing is asked now and then, not by every notification that waits.
 *
 * closed: attempts go out; `failuresToOpen` failures in a row open it. open: nothing goes out for a while. half open: the
 * while is over, and one attempt goes out as a probe; it closes the circuit, or opens it for twice as long. Besides, a
 * receiver's own Retry-After pauses it. Pure; times come in.
 */

export interface CircuitOptions {
  readonly failuresToOpen: number;
  /** First time that it stays open, doubling up to the cap; milliseconds. */
  readonly openMs: number;
  readonly openCapMs: number;
}

export interface Circuit {
  /** How long nothing may go out: 0 now is fine, Infinity while a probe is under way. */
  waitMs(now: number): number;
  isOpen(): boolean;
  /** An attempt goes out. */
  begin(): void;
  /** The receiver answered for itself, with whatever. @returns whether that closed the circuit */
  answered(): boolean;
  /** @returns whether that opened the circuit, which was closed before */
  failed(now: number): boolean;
  pauseUntil(at: number): void;
}

export function createCircuit({ failuresToOpen, openMs, openCapMs }: CircuitOptions): Circuit {
  let failures = 0;
  let openUntil = 0;
  let pausedUntil = 0;
  let probing = false;

  const isOpen = (): boolean => failures >= failuresToOpen;

  return {
    isOpen,
    waitMs(now) {
      if (probing) return Infinity;
      return Math.max(0, pausedUntil - now, isOpen() ? openUntil - now : 0);
    },
    begin() {
      probing = isOpen();
    },
    answered() {
      const wasOpen = isOpen();
      failures = 0;
      probing = false;
      return wasOpen;
    },
    failed(now) {
      failures += 1;
      probing = false;
      const timesOpened = failures - failuresToOpen;
      if (timesOpened >= 0) openUntil = now + Math.min(openCapMs, openMs * 2 ** Math.min(timesOpened, 30));
      return timesOpened === 0;
    },
    pauseUntil(at) {
      pausedUntil = Math.max(pausedUntil, at);
    },
  };
}
