/**
 * Processor time of another process, from /proc: on a busy machine it tells more than the clock.
 */
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // of the kernel's interface, whatever its clock

/** User and system time of all threads so far, in seconds. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
