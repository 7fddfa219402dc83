import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLedger } from "../../src/core/ledger.ts";
import { lifecycleSettings } from "../../src/core/lifecycle-settings.ts";
import type { Clock, Delivery } from "../../src/core/ports.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { listLogger } from "../pipeline/test-clock.ts";
import { type ClickHouseEndpoint, openClickHouseEndpoint } from "../store/clickhouse-endpoint.ts";
import { makeDataDir, removeDataDir } from "./service.ts";
import { answersByFold, answersOf, story } from "./story.ts";
import { payloadsOf, type Step, transcript } from "./transcript.ts";

const HOUR = 3_600_000;
const SETTINGS = new Map([["", lifecycleSettings()]]);
const STORE = { database: "after202", retentionDays: 4_000, rawRetentionDays: 4_000 };

/** Stands at a moment of the story; what waits for time to pass need not wait. */
const clockAt = (now: number): Clock => ({ now: () => now, sleep: () => Promise.resolve() });

interface Processors {
  readonly reader: Store;
  /** Each with a store of its own, as if in a process of its own. */
  readonly writers: readonly Store[];
  close(): Promise<void>;
}

async function embedded(): Promise<Processors> {
  const dataDir = await makeDataDir();
  const store = await openStore({ ...STORE, dataDir });
  const close = async (): Promise<void> => {
    await store.close();
    await removeDataDir(dataDir);
  };
  return { reader: store, writers: [store], close };
}

async function overHttp(): Promise<Processors> {
  const endpoint: ClickHouseEndpoint = await openClickHouseEndpoint();
  const writers = await Promise.all(
    [1, 2].map(() => openStore({ ...STORE, url: endpoint.url, dataDir: "unused" })),
  );
  const [reader] = writers;
  if (reader === undefined) throw new Error("no store was opened");
  const close = async (): Promise<void> => {
    for (const store of writers) await store.close();
    await endpoint.close();
  };
  return { reader, writers, close };
}

const PATHS = [
  { name: "embedded", open: embedded, runs: 100 },
  { name: "server over HTTP, two processors with stores of their own", open: overHttp, runs: 20 },
];

describe.each(PATHS)("the same facts, store $name", ({ open, runs }) => {
  let processors: Processors;
  beforeAll(async () => void (processors = await open()));
  afterAll(() => processors.close());

  it(`give the same answers in every order, duplication, form and cutting, by one processor or several (${runs} stories)`, async () => {
    let run = 0;
    const cases = fc.nat().chain((seed) => {
      const number = run++; // a story that is told again, to be made smaller, is another one to the store
      const base = Date.UTC(2026, 0, 1) + number * HOUR;
      return story(`${seed}-${number}`, base).chain((told) =>
        fc.record({
          told: fc.constant(told),
          steps: transcript(told),
          pipelines: fc.integer({ min: 1, max: 3 }),
          turns: fc.infiniteStream(fc.nat()),
          parallel: fc.boolean(),
          maxRows: fc.constantFrom(1, 3, 20_000),
          now: fc.constantFrom(2, 6, 40, 66, 80, 500).map((minutes) => base + minutes * 60_000),
        }),
      );
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ told, steps, pipelines, turns, parallel, maxRows, now }) => {
        const clock = clockAt(now);
        const { writers, reader } = processors;
        const open = Array.from({ length: Math.max(pipelines, writers.length) }, (_, i) => {
          const store = writers[i % writers.length] ?? reader;
          return openPipeline({ store, clock, logger: listLogger(), limits: { maxRows, maxAgeMs: 0 } });
        });
        const work = steps.map((step) => {
          const pipeline = open[turns.next().value % open.length];
          return () => take(pipeline, step);
        });
        if (parallel) await Promise.all(work.map((one) => one()));
        else for (const one of work) await one();
        await Promise.all(open.map((pipeline) => pipeline.close()));

        const answers = await answersOf(createLedger(reader, SETTINGS, clock), told, now);
        expect(answers).toEqual(await answersByFold(told, SETTINGS, clock));
      }),
      { numRuns: runs, endOnFailure: true },
    );
  }, 180_000);
});

async function take(pipeline: Pipeline | undefined, step: Step): Promise<void> {
  if (pipeline === undefined) throw new Error("there is no such processor");
  if (step.kind === "submissions") {
    await pipeline.acceptFacts(step.submissions.map((one) => submissionFact(one)));
    return;
  }
  const path: Delivery["path"] = step.form === "page" ? "journal" : "relay";
  for (const payload of payloadsOf(step.form, step.events)) {
    const receipt = await pipeline.accept({ path, source: path, payload, lines: step.form === "lines" });
    expect(receipt.dead).toBe(0);
  }
}
