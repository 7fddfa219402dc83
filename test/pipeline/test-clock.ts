/**
 * Clocks for tests: real time made faster, and one that only moves when told to.
 */
import type { Clock, Logger } from "../../src/core/ports.ts";

/** Real time, `speed` times as fast. */
export function fastClock(speed = 1): Clock {
  const origin = Date.now();
  const began = performance.now();
  return {
    now: () => Math.floor(origin + (performance.now() - began) * speed),
    sleep: (ms, signal) => sleepFor(ms / speed, signal),
  };
}

function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Stands still until moved; sleepers wake when it passes their time. */
export class HandClock implements Clock {
  private time: number;
  private sleepers: { at: number; wake: () => void }[] = [];
  /** All waits that were asked for, in milliseconds. */
  readonly slept: number[] = [];

  constructor(start = Date.UTC(2026, 7, 14)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      this.sleepers.push({ at: this.time + ms, wake: resolve });
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
  }

  advance(ms: number): void {
    this.time += ms;
    const due = this.sleepers.filter(({ at }) => at <= this.time);
    this.sleepers = this.sleepers.filter(({ at }) => at > this.time);
    for (const { wake } of due) wake();
  }
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

/** Keeps what is logged. */
export function listLogger(lines: LogLine[] = []): Logger {
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Resolves when the condition holds; for what happens in other turns of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleepFor(1);
}
