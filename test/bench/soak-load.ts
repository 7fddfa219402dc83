/**
 * The load of a soak, in a process of its own: the simulator, results at a steady rate into its journal, and a submitter whose
 * every request the simulator keeps books of.
 */
import type { TruthRow } from "../../src/simulator/truth.ts";
import { openChild } from "./child.ts";

/** Of the results that come by the million; what is submitted is of the simulator's own. */
export const SOAK_INSTANCE = "555-SOK-555";

export interface SoakLoadOptions {
  readonly resultsPerSecond: number;
  readonly submissionsPerSecond: number;
  /** How many times faster than real retries run. */
  readonly speed: number;
  /** Of the service, for the submissions. */
  readonly url: string;
}

/** What was put on the stream under one correlation. */
export interface SoakBook {
  readonly correlationId: string;
  requests: number;
  created: number;
  updated: number;
  /** Of the first eight hexadecimal digits of all request ids: tells which requests they were. */
  idSum: number;
}

export interface EmittedRequest {
  readonly requestId: string;
  readonly created: number;
}

export interface SoakLoad {
  readonly serviceEnv: Readonly<Record<string, string>>;
  start(): Promise<void>;
  counts(): Promise<{ events: number; results: number; submitted: number; unreported: number }>;
  /** Some that were emitted between ten seconds and a minute ago. */
  recent(count: number): Promise<EmittedRequest[]>;
  /** Stops; resolves when the simulator has nothing more to say. @returns submissions that could not be reported */
  stop(): Promise<number>;
  books(): Promise<SoakBook[]>;
  truth(): Promise<TruthRow[]>;
  close(): Promise<void>;
}

export async function openSoakLoad(options: SoakLoadOptions): Promise<SoakLoad> {
  const child = await openChild("soak-load-process.js", { env: { SOAK_OPTIONS: JSON.stringify(options) } });
  return {
    serviceEnv: await child.ask("serviceEnv"),
    start: () => child.ask("start"),
    counts: () => child.ask("counts"),
    recent: (count) => child.ask("recent", count),
    stop: () => child.ask("stop"),
    books: () => child.ask("books"),
    truth: () => child.ask("truth"),
    close: () => child.close(),
  };
}
