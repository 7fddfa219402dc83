/**
 * A burst: ten thousand requests run out of link retries within five minutes, and one notification says so.
 *
 * Timed is the one tick that finds, judges and sums them up, until the notification is in the outbox.
 */
import { EXHAUSTED_AFTER_MS, openAlertEngineProcess } from "./alert-engine.ts";
import { check, type ScaleBenchmark } from "./benchmark.ts";
import { figureOf } from "./figure.ts";
import { FOR_BURSTS } from "./filled-requests.ts";

const BURST = 10_000;
const WITHIN_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

export const burstBench: ScaleBenchmark = {
  name: "burst",
  about: "10,000 exhausted requests, evaluated into one notification",
  on: "directory",
  async *run(context, { name, index, of, dataDir, plan }) {
    if (index < of - 1) return; // at the largest size alone: it adds a lot
    const engine = await openAlertEngineProcess(dataDir);
    try {
      const samples: number[] = [];
      for (let run = 0; run < (context.quick ? 2 : 3); run++) {
        const at = plan.sinceMs + FOR_BURSTS.sinceMs + 2 * run * HOUR_MS + EXHAUSTED_AFTER_MS;
        const since = at - EXHAUSTED_AFTER_MS;
        const objectName = `burst-${run}`;
        await engine.append({ count: BURST, objectName, since, until: since + WITHIN_MS });
        await engine.begin(at);
        const { ms, told } = await engine.tick(at + WITHIN_MS);
        const own = told.filter((one) => one.objectName === objectName);
        const [first] = own;
        check(
          own.length === 1 && first?.rule === "link-retry-exhausted" && first.requests === BURST,
          `one notification of ${BURST} requests, not ${JSON.stringify(own)}`,
        );
        samples.push(ms);
      }
      const title = `${BURST} requests exhausted at once: one notification, ${name}`;
      yield figureOf(title, "ms", samples, { atMost: 2_000 });
    } finally {
      await engine.close();
    }
  },
};
