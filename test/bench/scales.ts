/**
 * One store that grows: filled, asked everything, filled further, asked again.
 */
import type { BenchContext, Scale, ScaleBenchmark } from "./benchmark.ts";
import { type Figure, judged } from "./figure.ts";
import { requestsOf, requestsPerDay } from "./filled-requests.ts";
import { createFilledStore } from "./filled-store.ts";
import { openCalls } from "./http-calls.ts";

/** Takes the figures of one benchmark as they come; a failure is told, and the others go on. */
export type Collect = (name: string, about: string, figures: AsyncIterable<Figure>) => Promise<void>;

/** @param sizes facts, growing */
export async function runScales(
  context: BenchContext,
  chosen: readonly ScaleBenchmark[],
  sizes: readonly number[],
  collect: Collect,
): Promise<void> {
  const store = createFilledStore(context.newDirectory("filled"));
  for (const [index, size] of sizes.entries()) {
    const name = `${scaleName(size)} facts`;
    context.note(`growing the store to ${name}`);
    const grown = await store.growTo(size);
    const plan = store.plan();
    const scale: Scale = {
      name,
      index,
      of: sizes.length,
      facts: grown.facts,
      dataDir: store.dataDir,
      plan,
    };
    context.note(
      `${requestsOf(plan)} requests, ${grown.facts} facts, as of ${Math.round(requestsPerDay(plan))} requests a day; ` +
        `filled in ${Math.round(grown.seconds)} s, merged ${Math.round(grown.settledInSeconds)} s more`,
    );
    await runServed(context, chosen, scale, collect);
    for (const one of chosen) {
      if (one.on === "directory") await collect(`${one.name}, ${name}`, one.about, one.run(context, scale));
    }
  }
}

async function runServed(
  context: BenchContext,
  chosen: readonly ScaleBenchmark[],
  scale: Scale,
  collect: Collect,
): Promise<void> {
  if (!chosen.some((one) => one.on === "service")) return;
  const service = await context.openService({ dataDir: scale.dataDir });
  const calls = openCalls(service.url);
  try {
    for (const one of chosen) {
      if (one.on !== "service") continue;
      const figures = one.run(context, { ...scale, service, calls });
      await collect(`${one.name}, ${scale.name}`, one.about, figures);
    }
    const peak = judged(
      `service over ${scale.name}: memory at most`,
      "MB RSS",
      service.memory.peakMB(),
      null,
      1,
    );
    await collect("memory", "after all of that", yieldOne(peak));
  } finally {
    await calls.close();
    await service.close();
  }
}

async function* yieldOne(figure: Figure): AsyncGenerator<Figure> {
  yield figure;
}

/** 20k, 1M. */
function scaleName(facts: number): string {
  return facts >= 1_000_000 ? `${facts / 1_000_000}M` : `${facts / 1_000}k`;
}
