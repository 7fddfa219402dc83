/**
 * SIGINT and SIGTERM: the first asks for an orderly end, the second leaves at once with the signal's own exit code.
 */

export interface Signals {
  /** Aborts at the first signal. */
  readonly stopping: AbortSignal;
  /** Resolves at the first signal. */
  readonly stopped: Promise<void>;
  /** Gives the signals back to the runtime. */
  close(): void;
}

const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

export function openSignals(): Signals {
  const first = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first.signal.aborted) process.exit(EXIT_OF_SIGNAL[signal as keyof typeof EXIT_OF_SIGNAL]);
    first.abort();
  };
  for (const signal of Object.keys(EXIT_OF_SIGNAL)) process.on(signal, onSignal);
  return {
    stopping: first.signal,
    stopped: new Promise((resolve) =>
      first.signal.addEventListener("abort", () => resolve(), { once: true }),
    ),
    close() {
      for (const signal of Object.keys(EXIT_OF_SIGNAL)) process.off(signal, onSignal);
    },
  };
}
