/**
 * 100,000 requests that end well, through pipeline, store and engine: nobody is told of anything.
 */
import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { submissionFact } from "../../src/core/submission.ts";
import { openPipeline, type Pipeline } from "../../src/pipeline/pipeline.ts";
import { requestEntry, resultsEvent } from "../core/events.ts";
import { listLogger } from "../pipeline/test-clock.ts";
import { linkedSubmissions, openRig, type Rig } from "./engine-rig.ts";

const REQUESTS = 100_000;
const MINUTE = 60_000;
const PER_EVENT = 500;
/** One in so many has no link field, and its last results come within the grace. */
const LATE_EVERY = 20;

const pipelines: Pipeline[] = [];
afterEach(async () => {
  for (const pipeline of pipelines.splice(0)) await pipeline.close();
});

function pipelineOf(rig: Rig): Pipeline {
  const pipeline = openPipeline({
    store: rig.path.store,
    clock: systemClock,
    logger: listLogger(),
    rawBodies: false,
  });
  pipelines.push(pipeline);
  return pipeline;
}

const isLate = (i: number): boolean => i % LATE_EVERY === 0;
/** The late ones within the last minute of five, so that all of their deadlines are ahead when they are completed. */
const begunAt = (rig: Rig, i: number): number =>
  rig.start + (isLate(i) ? 4 * MINUTE : 0) + Math.floor((i / REQUESTS) * MINUTE);

function submissions(rig: Rig, from: number, until: number) {
  return Array.from({ length: until - from }, (_, at) => {
    const i = from + at;
    return submissionFact({
      submissionId: `s-${i}`,
      requestId: `r-${i}`,
      target: "marketo",
      instance: "123-ABC-456",
      objectType: isLate(i) ? "person" : "customObject",
      ...(isLate(i) ? {} : { objectName: `object-${i % 7}`, linkField: "email" }),
      operation: "upsert",
      records: 10,
      submittedAt: new Date(begunAt(rig, i)).toISOString(),
      httpStatus: 202,
    });
  });
}

/** The same share of the records of so many requests, in events of many. */
function events(rig: Rig, name: string, minute: number, created: number, which = (_i: number) => true) {
  const chosen = Array.from({ length: REQUESTS }, (_, i) => i).filter(which);
  const texts: string[] = [];
  for (let from = 0; from < chosen.length; from += PER_EVENT) {
    const entries = chosen.slice(from, from + PER_EVENT).map((i) =>
      requestEntry(`r-${i}`, {
        requestTime: new Date(begunAt(rig, i)).toISOString(),
        objectType: isLate(i) ? "person" : "customObject",
        correlationId: "",
        records: { received: 10, created },
      }),
    );
    texts.push(
      JSON.stringify(
        resultsEvent(`${name}-${from}`, entries, new Date(rig.start + minute * MINUTE).toISOString()),
      ),
    );
  }
  return texts;
}

async function accept(pipeline: Pipeline, texts: readonly string[]): Promise<void> {
  for (let from = 0; from < texts.length; from += 20) {
    const payload = `[${texts.slice(from, from + 20).join(",")}]`;
    const { dead } = await pipeline.accept({ path: "journal", source: "journal", payload });
    expect(dead).toBe(0);
  }
}

it("tells nobody of 100,000 requests that succeed: twice, in disorder, some in the grace, with a restart and a gap", async () => {
  const rig = await openRig();
  const first = events(rig, "first", 6, 6);
  const second = events(rig, "second", 7, 4, (i) => !isLate(i));
  await accept(pipelineOf(rig), [...second, ...first.toReversed()]);
  await accept(pipelineOf(rig), first.slice(0, 40)); // another way in knows nothing of the first
  for (let from = 0; from < REQUESTS; from += 20_000) {
    await pipelineOf(rig).acceptFacts(submissions(rig, from, from + 20_000));
  }
  for (const minutes of [11, 52, 73]) {
    rig.at(minutes);
    await rig.settle();
  }
  await accept(pipelineOf(rig), events(rig, "late", 72, 4, isLate));
  for (const minutes of [76, 80]) {
    rig.at(minutes);
    await rig.settle();
  }
  rig.at(210);
  await rig.restart();
  await rig.settle();
  expect(rig.told).toEqual([]);

  await rig.append(linkedSubmissions(rig, 1_000, 150, "unseen"));
  const gap = { from: rig.start + 150 * MINUTE, until: rig.start + 160 * MINUTE };
  await rig.path.store.recordGap({ source: "journal", ...gap, reason: "position_expired" });
  for (const minutes of [225, 227]) {
    rig.at(minutes);
    await rig.settle();
  }
  expect(rig.told.map(({ rule }) => rule)).toEqual(["stream-gap"]);
});
