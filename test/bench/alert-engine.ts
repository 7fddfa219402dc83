/**
 * The alert engine under measure: its store, its clock, its ticks.
 */
import { openChild } from "./child.ts";

export interface SilentRequests {
  readonly count: number;
  readonly objectName: string;
  /** When they begin, epoch milliseconds; spread evenly. */
  readonly since: number;
  readonly until: number;
}

export interface Ticked {
  readonly ms: number;
  /** Requests that were judged. */
  readonly evaluated: number;
  readonly told: readonly { readonly rule: string; readonly objectName: string; readonly requests: number }[];
}

export interface AlertEngineProcess {
  append(requests: SilentRequests): Promise<void>;
  /** Everything that was due until then counts as swept. */
  begin(at: number): Promise<void>;
  /** A round at that time: it sweeps what has become due since the one before. */
  tick(at: number): Promise<Ticked>;
  close(): Promise<void>;
}

/** When a link retry runs out that nobody reports on, after the request: the window and the grace. */
export const EXHAUSTED_AFTER_MS = 70 * 60_000;

export async function openAlertEngineProcess(dataDir: string): Promise<AlertEngineProcess> {
  const child = await openChild("alert-engine-process.js", { env: { DATA_DIR: dataDir } });
  return {
    append: (requests) => child.ask("append", requests),
    begin: (at) => child.ask("begin", at),
    tick: (at) => child.ask("tick", at),
    close: () => child.close(),
  };
}
