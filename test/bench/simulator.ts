/**
 * The simulator beside the service, in a process of its own.
 */
import { SIMULATED, type SimulatorOptions } from "../../src/simulator/options.ts";
import { openChild } from "./child.ts";

export interface SimulatorProcess {
  readonly origin: string;
  /** Settings with which a service reads its journal. */
  readonly serviceEnv: Readonly<Record<string, string>>;
  /** Reads so far do not count. */
  forgetReads(): Promise<void>;
  /** When the journal was first and last asked, epoch milliseconds. */
  reads(): Promise<{ firstReadAt: number | null; lastReadAt: number | null }>;
  close(): Promise<void>;
}

export async function openSimulatorProcess(options: SimulatorOptions): Promise<SimulatorProcess> {
  const quiet: SimulatorOptions = { observability: { metricsMs: 0, statusMs: 0 }, ...options };
  const child = await openChild("simulator-process.js", {
    env: { SIMULATOR_OPTIONS: JSON.stringify(quiet) },
  });
  const urls = await child.ask<{ origin: string; journalUrl: string; imsUrl: string }>("urls");
  return {
    origin: urls.origin,
    serviceEnv: {
      ADOBE_JOURNAL_URL: urls.journalUrl,
      ADOBE_IMS_URL: urls.imsUrl,
      ADOBE_CLIENT_ID: SIMULATED.clientId,
      ADOBE_CLIENT_SECRET: SIMULATED.clientSecret,
      ADOBE_ORG_ID: SIMULATED.organizationId,
    },
    forgetReads: () => child.ask("forgetReads"),
    reads: () => child.ask("reads"),
    close: () => child.close(),
  };
}
