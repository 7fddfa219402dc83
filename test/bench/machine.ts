/**
 * The machine that figures were taken on: without it they say nothing.
 */
import { cpus, loadavg, release, totalmem, type as osType } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly node: string;
  readonly os: string;
  /** Of the minute before the run: above a few tenths somebody else was at work. */
  readonly loadBefore: number;
}

export function readMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    os: `${osType()} ${release()}`,
    loadBefore: loadavg()[0] ?? 0,
  };
}

export function machineLine({ cpu, cores, memoryGB, node, os, loadBefore }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGB} GB; Node ${node}; ${os}; load before ${loadBefore.toFixed(2)}`;
}
