/**
 * What a soak looks at again and again, and what of it says whether memory grows.
 */
import { type HttpCalls, requestPath } from "./http-calls.ts";
import { quantile } from "./figure.ts";
import type { ServiceProcess } from "./service.ts";
import { type EmittedRequest, SOAK_INSTANCE, type SoakLoad } from "./soak-load.ts";

export interface Sample {
  /** Since the soak began. */
  readonly seconds: number;
  readonly rssMB: number;
  readonly parts: number;
  readonly diskMB: number;
  readonly statusP50Ms: number | null;
  readonly statusP99Ms: number | null;
  /** Age of the newest event that is durable. */
  readonly lagSeconds: number;
  /** Emitted and not yet durable. */
  readonly eventsBehind: number;
}

/** Of one moment; the latencies are those since the last one. */
export async function takeSample(
  service: ServiceProcess,
  load: SoakLoad,
  latencies: readonly number[],
  seconds: number,
): Promise<Sample> {
  const { events } = await load.counts();
  const [parts] = await service.query<{ parts: string; bytes: string }>(
    `SELECT count() AS parts, sum(bytes_on_disk) AS bytes FROM system.parts
     WHERE active AND database = currentDatabase()`,
  );
  const [stored] = await service.query<{ events: string; newest: string }>(
    `SELECT count() AS events, toUnixTimestamp64Milli(max(time)) AS newest
     FROM events WHERE instance = '${SOAK_INSTANCE}'`,
  );
  return {
    seconds,
    rssMB: quantile(service.memory.takeSamples(), 0.5),
    parts: Number(parts?.parts),
    diskMB: Number(parts?.bytes) / 2 ** 20,
    statusP50Ms: latencies.length === 0 ? null : quantile(latencies, 0.5),
    statusP99Ms: latencies.length === 0 ? null : quantile(latencies, 0.99),
    lagSeconds: Math.max(0, Date.now() - Number(stored?.newest)) / 1_000,
    eventsBehind: Math.max(0, events - Number(stored?.events)),
  };
}

/** @returns milliseconds; undefined: not yet there, as may be while the service catches up. @throws Error: a wrong answer */
export async function lookUp(
  calls: HttpCalls,
  { requestId, created }: EmittedRequest,
): Promise<number | undefined> {
  const began = performance.now();
  const { status, text } = await calls.tryGet(requestPath(requestId));
  const ms = performance.now() - began;
  if (status === 404) return undefined;
  const told = JSON.parse(text) as { state?: string; records?: { created: number } };
  if (status !== 200 || told.state !== "succeeded" || told.records?.created !== created) {
    throw new Error(`${requestId}: ${status} ${text.slice(0, 200)}`);
  }
  return ms;
}

export interface Slope {
  /** By least squares. */
  readonly mbPerMinute: number;
  readonly medianMB: number;
  readonly highestMB: number;
  readonly minutes: number;
}

/** Of resident memory, over samples of one life of the process. */
export function memorySlope(samples: readonly Sample[]): Slope {
  const minutes = samples.map((one) => one.seconds / 60);
  const megabytes = samples.map((one) => one.rssMB);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, one) => sum + one, 0) / values.length;
  const [meanMinutes, meanMB] = [mean(minutes), mean(megabytes)];
  const spread = minutes.reduce((sum, one) => sum + (one - meanMinutes) ** 2, 0);
  const together = minutes.reduce(
    (sum, one, i) => sum + (one - meanMinutes) * ((megabytes[i] ?? 0) - meanMB),
    0,
  );
  return {
    mbPerMinute: spread === 0 ? 0 : together / spread,
    medianMB: quantile(megabytes, 0.5),
    highestMB: Math.max(...megabytes),
    minutes: (minutes.at(-1) ?? 0) - (minutes[0] ?? 0),
  };
}
