/**
 * Things that happen later, on a clock that runs `speed` times faster than the wall.
 *
 * Closing it forgets everything that has not happened yet: no timer outlives the simulator.
 */

export interface Scheduler {
  /** Runs the task after that many milliseconds of simulated time. */
  after(simulatedMs: number, task: () => void): void;
  /** Runs the task after that many milliseconds of wall-clock time; never earlier. */
  afterReal(realMs: number, task: () => void): void;
  /** Runs the task again and again, at a simulated interval; not counted as pending. */
  every(simulatedMs: number, task: () => void): void;
  /** Simulated to wall-clock milliseconds. */
  scale(simulatedMs: number): number;
  pending(): number;
  close(): void;
}

/** Node's timers count whole milliseconds on another clock than `Date`: without it a timer may seem early. */
const EARLY_MS = 2;

export function createScheduler(speed: number): Scheduler {
  const timers = new Set<NodeJS.Timeout>();
  const intervals = new Set<NodeJS.Timeout>();
  let closed = false;

  function afterReal(realMs: number, task: () => void): void {
    if (closed) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        task();
      },
      Math.max(0, realMs) + EARLY_MS,
    );
    timers.add(timer);
  }

  return {
    afterReal,
    after: (simulatedMs, task) => afterReal(simulatedMs / speed, task),
    every(simulatedMs, task) {
      if (!closed) intervals.add(setInterval(task, Math.max(1, simulatedMs / speed)));
    },
    scale: (simulatedMs) => simulatedMs / speed,
    pending: () => timers.size,
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const timer of intervals) clearInterval(timer);
      timers.clear();
      intervals.clear();
    },
  };
}
