/**
 * Work that nobody waits for, in small steps between the turns of the event loop, one piece after another.
 */

/** How long the steps of one turn may take together, in milliseconds: more when much waits, so that it does not pile up. */
const TURN_MS = 0.5;
const LONGEST_TURN_MS = 5;
const MUCH = 100;

export interface Background {
  /** Rejects with what the work throws. */
  run<T>(work: Generator<void, T>): Promise<T>;
}

export function createBackground(): Background {
  const queue: (() => boolean)[] = [];
  let scheduled = false;

  function turn(): void {
    const endAt = performance.now() + Math.min(LONGEST_TURN_MS, TURN_MS * (1 + queue.length / MUCH));
    for (let step = queue[0]; step !== undefined; step = queue[0]) {
      if (step()) queue.shift();
      if (performance.now() >= endAt) break;
    }
    scheduled = queue.length > 0;
    if (scheduled) setImmediate(turn);
  }

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        queue.push(() => {
          try {
            const { done, value } = work.next();
            if (done === true) resolve(value);
            return done === true;
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
            return true;
          }
        });
        if (!scheduled) setImmediate(turn);
        scheduled = true;
      }),
  };
}
