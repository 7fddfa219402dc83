/**
 * Decoding: a journal page of 2,000 events, from its bytes to rows that are ready for the store.
 *
 * Beside it the floor (JSON.parse alone) and the parts, so that a change shows where it was made.
 */
import type { Fact } from "../../src/core/fact.ts";
import { encodeFact } from "../../src/core/fact-row.ts";
import { decodeEvent } from "../../src/core/mods-event.ts";
import type { FactWriter, StoreBatch } from "../../src/core/ports.ts";
import { RowWriter } from "../../src/core/row-writer.ts";
import { openPipeline } from "../../src/pipeline/pipeline.ts";
import { systemClock } from "../../src/clock.ts";
import { type Benchmark, check } from "./benchmark.ts";
import { microFigures } from "./micro.ts";
import { eventTexts } from "./results-load.ts";

const EVENTS = 2_000;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const decodeBench: Benchmark = {
  name: "decode",
  about: `a journal page of ${EVENTS} events, in this process`,
  async *run({ quick }) {
    for (const requestsPerEvent of [1, 10]) {
      const results = EVENTS * requestsPerEvent;
      const texts = eventTexts({ events: EVENTS, requestsPerEvent, seed: "decode" });
      const page = Buffer.from(
        `{"events":[${texts.map((text, i) => `{"position":"${i}","event":${text}}`).join(",")}],"_page":{"count":${EVENTS}}}`,
      );
      const pageText = page.toString();
      const parsed = (JSON.parse(pageText) as { events: unknown[] }).events;
      const facts = parsed.flatMap((event) => decodeEvent(event).facts);
      check(facts.length === results, `${facts.length} facts of ${results}`);
      const taken = await throughPipeline(page, true);
      check(taken.facts === results && taken.events === EVENTS, `${JSON.stringify(taken)} of ${results}`);
      check(encodeAll(facts).length > results * 100, "rows are too short");

      const named = (what: string): string =>
        `page of ${EVENTS}, ${requestsPerEvent} a results event: ${what}`;
      const amount = results;
      const unit = "results";
      yield* await microFigures(
        [
          { name: named("JSON.parse"), unit, amount, run: () => JSON.parse(pageText) as unknown },
          {
            name: named("decode parsed"),
            unit,
            amount,
            run: () => parsed.map((event) => decodeEvent(event)),
          },
          { name: named("encode rows"), unit, amount, run: () => encodeAll(facts).length },
          { name: named("pipeline, no store"), unit, amount, run: () => throughPipeline(page, true) },
          {
            name: named("pipeline, no store, no bodies"),
            unit,
            amount,
            run: () => throughPipeline(page, false),
          },
        ],
        quick,
      );
    }
  },
};

/** A fresh pipeline each time: one that remembers the events would skip them. */
async function throughPipeline(
  payload: Buffer,
  rawBodies: boolean,
): Promise<{ facts: number; events: number }> {
  const taken = { facts: 0, events: 0 };
  const store: FactWriter = {
    append(batch: StoreBatch) {
      taken.facts += batch.facts.length;
      for (const { results } of batch.events) taken.facts += results?.count ?? 0;
      taken.events += batch.events.length;
      return Promise.resolve();
    },
    knownEventIds: () => Promise.resolve(new Set()),
  };
  const pipeline = openPipeline({ store, clock: systemClock, logger: silent, rawBodies });
  await pipeline.accept({ path: "journal", source: "journal", payload });
  await pipeline.close();
  return taken;
}

function encodeAll(facts: readonly Fact[]): Buffer {
  const rows = new RowWriter(facts.length * 512);
  for (const fact of facts) encodeFact(fact, rows);
  return rows.written();
}
