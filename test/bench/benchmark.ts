/**
 * What a benchmark is: a name, and a run that checks its answer before it times, and gives figures.
 */
import type { Figure } from "./figure.ts";
import type { FilledStore } from "./filled-store.ts";
import type { ServiceOptions, ServiceProcess } from "./service.ts";

export interface BenchContext {
  readonly quick: boolean;
  /** Requests in the filled stores. */
  readonly scales: readonly number[];
  /** A fresh empty directory, gone after the run. */
  newDirectory(name: string): string;
  /** A service in a process of its own; whoever opens it closes it. */
  openService(options: ServiceOptions): Promise<ServiceProcess>;
  /** A store with so many requests; filled when first asked for, shared by all benchmarks of the run. */
  filledStore(requests: number): Promise<FilledStore>;
  /** A line on what is going on. */
  note(text: string): void;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(context: BenchContext): AsyncIterable<Figure>;
}

/** The answer is wrong: whatever it takes, it is not worth a figure. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`benchmarking a wrong answer: ${what}`);
}

/** 20k, 1M. */
export function scaleName(requests: number): string {
  return requests >= 1_000_000 ? `${requests / 1_000_000}M` : `${requests / 1_000}k`;
}
