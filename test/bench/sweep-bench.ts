/**
 * A tick of alerting over a filled store: it costs what its bands hold, whatever else the table does.
 *
 * A tick sweeps three bands of one length, where requests pass 10, 50 and 70 minutes. Of the store's own requests about one
 * in five has failures to be judged; silent ones are added to the last band. Bands of less than five seconds are left for a
 * later tick, so a second is swept by no real one; it tells what a tick costs at the least.
 */
import { type AlertEngineProcess, EXHAUSTED_AFTER_MS, openAlertEngineProcess } from "./alert-engine.ts";
import { type BenchContext, check, type Scale, type ScaleBenchmark } from "./benchmark.ts";
import { type Figure, figureOf } from "./figure.ts";
import { FOR_SWEEPS } from "./filled-requests.ts";

const BANDS_MS = [5_000, 60_000];
const ADDED = [0, 100, 2_000];
const HOUR_MS = 3_600_000;

export const sweepBench: ScaleBenchmark = {
  name: "sweep",
  about: "a tick of alerting, by the length of its bands, the requests in them and those in the store",
  on: "directory",
  async *run(context, scale) {
    const engine = await openAlertEngineProcess(scale.dataDir);
    try {
      yield* sweeps(context, engine, scale);
    } finally {
      await engine.close();
    }
  },
};

/** Each with an hour and a half to itself: what one adds has been passed by the milestones when the next begins. */
async function* sweeps(context: BenchContext, engine: AlertEngineProcess, scale: Scale) {
  const share = (FOR_SWEEPS.untilMs - FOR_SWEEPS.sinceMs) / scale.of;
  const stepMs = share / (BANDS_MS.length * ADDED.length);
  check(stepMs >= 1.5 * HOUR_MS, `sweeps at ${scale.of} sizes come too close to one another`);
  let at = scale.plan.sinceMs + FOR_SWEEPS.sinceMs + scale.index * share + EXHAUSTED_AFTER_MS;
  for (const bandMs of BANDS_MS) {
    for (const added of ADDED) {
      yield await sweep(context, engine, scale, { at, bandMs, added });
      at += stepMs;
    }
  }
}

async function sweep(
  { quick }: BenchContext,
  engine: AlertEngineProcess,
  { name, index }: Scale,
  { at, bandMs, added }: { at: number; bandMs: number; added: number },
): Promise<Figure> {
  const runs = quick ? 3 : 10;
  const since = at - EXHAUSTED_AFTER_MS;
  const objectName = `swept-${index}-${bandMs}-${added}`;
  await engine.append({ count: added * runs, objectName, since, until: since + runs * bandMs });
  await engine.begin(at);
  const samples: number[] = [];
  let evaluated = 0;
  for (let run = 1; run <= runs; run++) {
    const ticked = await engine.tick(at + run * bandMs);
    check(ticked.evaluated >= added, `${ticked.evaluated} of ${added} requests were judged`);
    samples.push(ticked.ms);
    evaluated += ticked.evaluated;
  }
  const last = await engine.tick(at + runs * bandMs + HOUR_MS / 2); // told by now, all of them
  const told = last.told.find((one) => one.objectName === objectName);
  check((told?.requests ?? 0) === (added === 0 ? 0 : added * runs), `${told?.requests} were told of`);
  const judged = Math.round(evaluated / runs);
  const title = `tick, bands of ${bandMs / 1_000} s, ${added} silent added (${judged} judged)`;
  const aim = bandMs === 5_000 ? { atMost: 200 } : undefined; // what a tick finds that is not late
  return figureOf(`${title}, ${name}`, "ms", samples, aim);
}
