/**
 * Timing: one call after another, at a steady rate, or until something holds.
 */

/**
 * One after another; no further ones after `budgetMs`.
 *
 * @returns milliseconds of each call
 */
export async function timeEach<T>(
  items: readonly T[],
  call: (item: T) => Promise<void>,
  budgetMs = 12_000,
): Promise<number[]> {
  const samples: number[] = [];
  const endAt = performance.now() + budgetMs;
  for (const item of items) {
    if (performance.now() > endAt) break;
    const began = performance.now();
    await call(item);
    samples.push(performance.now() - began);
  }
  return samples;
}

/** The same, several at once. */
export async function timeTogether<T>(
  items: readonly T[],
  atOnce: number,
  call: (item: T) => Promise<void>,
): Promise<number[]> {
  const rest = items.values();
  const workers = Array.from({ length: atOnce }, async () => {
    const samples: number[] = [];
    for (const item of rest) {
      const began = performance.now();
      await call(item);
      samples.push(performance.now() - began);
    }
    return samples;
  });
  return (await Promise.all(workers)).flat();
}

/**
 * Calls at a steady rate, whether or not the ones before have ended: who is slow is late, and that is counted.
 *
 * @returns milliseconds of each, from when it was due
 */
export async function timePaced<T>(
  items: Iterable<T>,
  perSecond: number,
  call: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<number[]> {
  const began = performance.now();
  const running: Promise<number>[] = [];
  for (const item of items) {
    if (signal?.aborted) break;
    const dueAt = began + (running.length * 1_000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 1) await pause(early);
    running.push(call(item).then(() => performance.now() - dueAt));
  }
  return Promise.all(running);
}

/** Polls; the last look is the one that held. */
export async function waitFor(
  what: string,
  holds: () => Promise<boolean>,
  { everyMs = 20, withinMs = 300_000 } = {},
): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await pause(everyMs);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Epoch milliseconds, with fractions. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
