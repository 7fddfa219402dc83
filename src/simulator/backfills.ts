/**
 * Backfills into Data Cloud, night after night, until they are closed: every other night one job fails and is made again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { SIMULATED } from "./options.ts";
import { createRandom } from "./random.ts";
import { playBackfill } from "./submitter/backfill.ts";
import { openDataCloud } from "./submitter/data-cloud.ts";
import type { RecordedCall } from "./submitter/recording.ts";

export interface BackfillOptions {
  readonly salesforceUrl: string;
  /** Makes the calls, and may tell of them. */
  readonly call: RecordedCall;
  readonly seed: number;
  readonly speed: number;
}

export interface Backfills {
  /** Correlation id of the one that was begun last. */
  latest(): string | undefined;
  /** Begins nothing more, and ends what is under way. */
  close(): Promise<void>;
}

const BETWEEN_MS = 30 * 60_000;
const TIMEOUT_MS = 30_000;
/** 90 days in nine files, three to a job; a file of 150 MB is one of 150 kB here. */
const PLAN = { object: "Orders", chunks: 9, chunksPerJob: 3, rows: 1_500, bytes: 150_000, streamed: 5 };
/** What the jobs of a troubled night meet: the second is tried again by the service and fails, the last loses some rows. */
const TROUBLE = [{}, { fail: true, retries: 2 }, {}, { problems: { INVALID_DATE: 12 } }];

export function openBackfills({ salesforceUrl, call, seed, speed }: BackfillOptions): Backfills {
  const ending = new AbortController();
  const { signal } = ending;
  const random = createRandom(`backfills/${seed}`);
  const scale = (simulatedMs: number): number => simulatedMs / speed;
  const cloud = openDataCloud({
    salesforceUrl,
    token: SIMULATED.salesforceToken,
    call,
    timeoutMs: TIMEOUT_MS,
    newSubmissionId: () => random.uuid(),
  });
  const date = new Date().toISOString().slice(0, 10);
  let latest: string | undefined;

  async function run(): Promise<void> {
    for (let night = 1; !signal.aborted; night += 1) {
      latest = `salesforce-backfill-${date}/${night}`;
      const plan = { ...PLAN, correlationId: latest, directives: night % 2 === 1 ? TROUBLE : [] };
      await playBackfill(plan, { cloud, random, signal, scale });
      await sleep(scale(BETWEEN_MS), undefined, { signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    latest: () => latest,
    async close() {
      ending.abort();
      await running;
    },
  };
}
