/**
 * Resident memory of another process, from /proc.
 */
import { readFileSync } from "node:fs";

export interface MemoryWatch {
  /** The highest since the process began, in MB. */
  peakMB(): number;
  /** Samples since the last call, in MB. */
  takeSamples(): number[];
  stop(): void;
}

const EVERY_MS = 100;

export function watchMemory(pid: number): MemoryWatch {
  let samples: number[] = [];
  let peak = 0;
  const sample = (): void => {
    const now = readMB(pid);
    if (now === undefined) return;
    samples.push(now.resident);
    peak = now.highest;
  };
  const timer = setInterval(sample, EVERY_MS);
  timer.unref();
  return {
    peakMB() {
      sample();
      return peak;
    },
    takeSamples() {
      sample();
      const taken = samples;
      samples = [];
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

function readMB(pid: number): { resident: number; highest: number } | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return undefined; // it has ended, or this is not Linux
  }
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1_024;
  return { resident: field("VmRSS"), highest: field("VmHWM") };
}
