/**
 * Sustained ingest beside what is measured: results events, relayed at a steady rate by a process of their own.
 */
import { openChild } from "./child.ts";

export interface RelayOptions {
  readonly url: string;
  /** Results, a multiple of 100. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: string;
}

export interface RelayedLoad {
  /** @returns milliseconds from when each tenth of a second's results were due until they were durable */
  stop(): Promise<number[]>;
}

export async function startRelay(options: RelayOptions): Promise<RelayedLoad> {
  const child = await openChild("relay-process.js", { env: { RELAY_OPTIONS: JSON.stringify(options) } });
  await child.ask("start");
  return {
    async stop() {
      try {
        return await child.ask<number[]>("stop");
      } finally {
        await child.close();
      }
    },
  };
}
