/**
 * What a benchmark is: a name, and a run that checks its answer before it times, and gives figures.
 *
 * Those of a filled store run once at each of its sizes; the service over it is opened once for all of them.
 */
import type { Figure } from "./figure.ts";
import type { FilledRequests } from "./filled-requests.ts";
import type { HttpCalls } from "./http-calls.ts";
import type { ServiceOptions, ServiceProcess } from "./service.ts";

export interface BenchContext {
  readonly quick: boolean;
  /** A fresh empty directory, gone after the run. */
  newDirectory(name: string): string;
  /** A service in a process of its own; whoever opens it closes it. */
  openService(options: ServiceOptions): Promise<ServiceProcess>;
  /** A line on what is going on. */
  note(text: string): void;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  /** Runs when it is asked for by name, and not with all others. */
  readonly onRequest?: boolean;
  run(context: BenchContext): AsyncIterable<Figure>;
}

/** A filled store at one of its sizes. */
export interface Scale {
  /** `50M facts` */
  readonly name: string;
  /** From 0 on, of so many: what a benchmark leaves behind must not be in the way of the next size. */
  readonly index: number;
  readonly of: number;
  readonly facts: number;
  readonly dataDir: string;
  readonly plan: FilledRequests;
}

export interface ServedScale extends Scale {
  readonly service: ServiceProcess;
  /** One connection to it. */
  readonly calls: HttpCalls;
}

/** Of a filled store: asked through the service, or alone with its directory. */
export type ScaleBenchmark = { readonly name: string; readonly about: string } & (
  | { readonly on: "service"; run(context: BenchContext, scale: ServedScale): AsyncIterable<Figure> }
  | { readonly on: "directory"; run(context: BenchContext, scale: Scale): AsyncIterable<Figure> }
);

/** The answer is wrong: whatever it takes, it is not worth a figure. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`benchmarking a wrong answer: ${what}`);
}
