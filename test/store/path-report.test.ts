import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { SourcePath } from "../../src/core/ports.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { resultsEvent } from "../pipeline/sample-events.ts";
import { STORE_PATHS, type StorePath } from "./store-paths.ts";

const MINUTE = 60_000;
const NOON = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

describe.each(STORE_PATHS)("what each source has brought, $name", ({ open }) => {
  let path: StorePath;
  let pipelines: Pipeline[];
  beforeAll(async () => {
    path = await open();
    // two processes on one store: neither knows what the other remembers
    pipelines = [1, 2].map(() => openPipeline({ store: path.store, clock: systemClock, logger: SILENT }));
  });
  afterAll(async () => {
    for (const pipeline of pipelines) await pipeline.close();
    await path.close();
  });

  const events = Array.from({ length: 200 }, (_, n) => ({ n, at: NOON + (n % 30) * MINUTE }));
  const deliver = (pipeline: Pipeline | undefined, via: SourcePath, which: (n: number) => boolean) => {
    const told = events
      .filter(({ n }) => which(n))
      .map(({ n, at }) => ({ ...resultsEvent(`e-${n}`), time: new Date(at).toISOString() }));
    return pipeline?.accept({ path: via, source: via, payload: JSON.stringify(told) });
  };

  it("is counted first, late or never, in two processes, under duplicates and files that are replayed", async () => {
    const [one, two] = pipelines;
    await deliver(one, "journal", (n) => n % 10 !== 0);
    for (const pipeline of [one, two, one]) await deliver(pipeline, "webhook", (n) => n < 100);
    await deliver(two, "journal", (n) => n % 10 !== 0); // read again, as after a crash
    await deliver(one, "replay", (n) => n === 110 || n === 111);

    const report = await path.store.pathReport(NOON, NOON + 30 * MINUTE);
    expect(report).toMatchObject({ since: NOON, until: NOON + 30 * MINUTE, events: 191, sampled: 1 });
    expect(report.shares).toEqual([
      { path: "journal", source: "journal", first: 180, late: 0, never: 11, delayMs: null },
      {
        path: "webhook",
        source: "webhook",
        first: 10,
        late: 90,
        never: 91,
        delayMs: { median: expect.any(Number), p99: expect.any(Number) },
      },
    ]);
  });

  it("is told of the events of the interval alone", async () => {
    const report = await path.store.pathReport(NOON + 5 * MINUTE, NOON + 6 * MINUTE);
    // of minute 5: events 5, 35, 65, 95, 125, 155, 185
    expect(report.events).toBe(7);
    expect(report.shares.map(({ first, late, never }) => [first, late, never])).toEqual([
      [7, 0, 0],
      [0, 4, 3],
    ]);
    expect((await path.store.pathReport(NOON + 40 * MINUTE, NOON + 50 * MINUTE)).shares).toEqual([]);
  });
});
